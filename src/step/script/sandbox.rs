//! The engine that scripts run in: what it knows, what it does not, and how much of it a script may use.
//!
//! Nothing here reaches the host: no files, no clock, no sleeping, no printing, no modules, no text taken for code.
//! Every limit counts what the script does, never the time it takes, so that the same message gives the same end
//! on every machine. The slowest script found ran for 0.8 seconds, a text replaced again and again
//! (`cargo bench --bench script`).

use std::sync::LazyLock;

use rhai::packages::{
    ArithmeticPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{Engine, EvalAltResult, ImmutableString, Position};

use super::{api, list, number};

/// The most operations (a value read, a function called, an assignment) of one run of a script.
pub(super) const OPERATIONS_MAX: u64 = 50_000;
/// The most bytes of a text, and of all texts in a list or map together.
pub(super) const TEXT_BYTES_MAX: usize = 32 << 10;
/// The most texts of a list. Lists hold texts and no lists: what nests without end ends on the stack.
pub(super) const LIST_TEXTS_MAX: usize = 5_000;
/// The most keys of a map with all maps in it, and so the deepest that maps may nest.
const MAP_KEYS_MAX: usize = 32;
/// The deepest a function may call others or itself.
const CALL_DEPTH_MAX: usize = 16;
/// The deepest an expression may be nested: at the top, and in a function.
const EXPRESSION_DEPTH_MAX: (usize, usize) = (32, 16);
/// The most variables at once, and the most functions that a script defines.
const NAMES_MAX: usize = 100;

/// What would reach for names that only the message knows, or for an output that nobody reads.
const DISABLED: &[&str] = &[
    "eval",
    "print",
    "debug",
    "Fn",
    "call",
    "curry",
    "is_def_fn",
    "is_def_var",
];

/// The one engine of all scripts: it holds functions and limits, and nothing of any message.
pub(super) static SANDBOX: LazyLock<Engine> = LazyLock::new(engine);

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    for package in [
        ArithmeticPackage::new().as_shared_module(),
        LogicPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        BasicStringPackage::new().as_shared_module(),
        MoreStringPackage::new().as_shared_module(),
        BasicMapPackage::new().as_shared_module(),
        BasicIteratorPackage::new().as_shared_module(),
        BasicFnPackage::new().as_shared_module(),
    ] {
        engine.register_global_module(package);
    }
    for symbol in DISABLED {
        engine.disable_symbol(*symbol);
    }
    engine
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        // Kept texts would be content of one message in the memory of the next.
        .set_max_strings_interned(0)
        .set_max_operations(OPERATIONS_MAX)
        .set_max_call_levels(CALL_DEPTH_MAX)
        .set_max_expr_depths(EXPRESSION_DEPTH_MAX.0, EXPRESSION_DEPTH_MAX.1)
        .set_max_string_size(TEXT_BYTES_MAX)
        .set_max_map_size(MAP_KEYS_MAX)
        .set_max_variables(NAMES_MAX)
        .set_max_functions(NAMES_MAX);
    engine.register_fn("replace", replace);
    engine.register_fn(
        "replace",
        |text: &mut ImmutableString, find: char, with: ImmutableString| {
            replace(text, find.to_string().into(), with)
        },
    );
    list::register(&mut engine);
    number::register(&mut engine);
    api::register(&mut engine);
    engine
}

/// As the package has it, but measured before and not after: the result is as long as the product of its parts.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn replace(
    text: &mut ImmutableString,
    find: ImmutableString,
    with: ImmutableString,
) -> Result<(), Box<EvalAltResult>> {
    if find.is_empty() {
        return Ok(());
    }
    let count = text.matches(find.as_str()).count();
    let added = count.saturating_mul(with.len().saturating_sub(find.len()));
    if text.len().saturating_add(added) > TEXT_BYTES_MAX {
        let what = "Length of string".to_owned();
        return Err(EvalAltResult::ErrorDataTooLarge(what, Position::NONE).into());
    }
    *text = text.replace(find.as_str(), &with).into();
    Ok(())
}
