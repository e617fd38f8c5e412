//! What a run found: a table for people and a line of JSON for programs.

use std::fmt;

use serde_json::{Map, Value};

/// Named figures, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Report(Vec<(&'static str, Value)>);

impl Report {
    /// Adds a count or a word.
    pub fn add(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.push((name, value.into()));
    }

    /// Adds a measured figure. Four digits are more than any of them is worth.
    pub fn measure(&mut self, name: &'static str, figure: f64) {
        let rounded = format!("{figure:.3e}").parse::<f64>().unwrap_or(figure);
        self.add(name, rounded);
    }

    /// A figure by its name.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(other, _)| *other == name).and_then(|(_, value)| value.as_f64())
    }

    /// One line.
    pub fn json(&self) -> String {
        let figures = self.0.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Value::Object(figures.collect::<Map<_, _>>()).to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(f, "{:<34} {value:>14}", name.replace('_', " "))?;
        }
        Ok(())
    }
}
