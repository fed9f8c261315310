//! Recipes: what happens to the pages.
