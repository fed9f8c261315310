//! Recipes: objects with a name.
