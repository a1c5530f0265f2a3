//! Properties of the whole model, and a second opinion from another parser.
