//! Numbers of scripts as people write them: scripts reckon with binary fractions, messages have decimal ones.

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString};

use super::api::Fault;
use crate::expression::{DECIMALS_MAX, NUMBER_DIGITS_MAX, rounded};

/// Gives the engine what scripts do with numbers.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("round", round);
}

/// A number, or a text that is one, with exactly so many decimals, as the function `round` of conditions has it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn round(value: Dynamic, decimals: i64) -> Result<ImmutableString, Box<EvalAltResult>> {
    let decimals = u32::try_from(decimals).ok();
    let Some(decimals) = decimals.filter(|decimals| *decimals <= DECIMALS_MAX) else {
        return Err(Fault(format!("`round` takes 0 to {DECIMALS_MAX} decimals")).into());
    };
    let text = value.as_float().map_or_else(|_| value.to_string(), decimal);
    let expected = || {
        Fault(format!(
            "`round` takes a number of at most {NUMBER_DIGITS_MAX} digits"
        ))
    };
    Ok(rounded(&text, decimals).ok_or_else(expected)?.into())
}

/// A number as a field holds it: without an exponent, and none that is not finite.
pub(super) fn written(value: f64) -> Result<String, Fault> {
    if !value.is_finite() {
        let why = "`set` takes a number, and this is none: something was divided by zero, or grew too large";
        return Err(Fault(why.into()));
    }
    let whole = if value.fract() == 0.0 { ".0" } else { "" };
    Ok(format!("{value}{whole}"))
}

/// With so many digits as a binary fraction has for certain: 0.1 + 0.2 is 0.3.
fn decimal(value: f64) -> String {
    let whole = format!("{:.0}", value.trunc().abs()).len();
    let decimals = NUMBER_DIGITS_MAX.saturating_sub(whole);
    format!("{value:.decimals$}")
}
