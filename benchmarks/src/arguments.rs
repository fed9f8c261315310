//! What the command line asks for.

use crate::Result;
use crate::session::Group;

#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) quick: bool,
    pub(crate) write_readme: bool,
    /// Where to draw what was measured.
    pub(crate) plot: Option<String>,
    /// The text that the names of rows must contain.
    pub(crate) only: Option<String>,
    /// Empty: all.
    groups: Vec<String>,
}

pub(crate) fn usage(groups: &[Group]) -> String {
    let mut text = "\
Measures rawshm against its peers and prints a report in Markdown.

Usage: cargo run --release --manifest-path benchmarks/Cargo.toml -- [OPTIONS] [GROUP]...

Groups (default: all):
"
    .to_owned();
    for group in groups {
        text += &format!("  {:<16}{}\n", group.name, group.about);
    }
    text += "
Options:
  --quick         a few seconds, up to 1 MiB: shows that it works, its figures mean little
  --only TEXT     only rows with TEXT in \"section, row\", such as \"unaligned, 4 KiB\"
  --plot FILE     draw the figures of copies, calls and life cycles as SVG
  --write-readme  put the report of the whole run into benchmarks/README.md, with a plot
  --help          print this
";
    text
}

impl Arguments {
    /// `None` if it is help that is wanted.
    pub(crate) fn parse(
        mut words: impl Iterator<Item = String>,
        groups: &[Group],
    ) -> Result<Option<Self>> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--quick" => arguments.quick = true,
                "--write-readme" => arguments.write_readme = true,
                "--plot" => arguments.plot = Some(words.next().ok_or("--plot needs a file")?),
                "--only" => arguments.only = Some(words.next().ok_or("--only needs a text")?),
                name if groups.iter().any(|group| group.name == name) => {
                    arguments.groups.push(word);
                }
                _ => {
                    return Err(
                        format!("`{word}` is neither a group nor an option; see --help").into(),
                    );
                }
            }
        }
        let partial = arguments.quick || arguments.only.is_some() || !arguments.groups.is_empty();
        if arguments.write_readme && partial {
            return Err("--write-readme wants the report of the whole run".into());
        }
        Ok(Some(arguments))
    }

    pub(crate) fn wants(&self, group: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|wanted| wanted == group)
    }
}
