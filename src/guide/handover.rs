//! Recipes: giving memory to another process.
