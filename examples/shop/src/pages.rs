//! Pages, and what they load: the files of `web/`, those of a shop's own, and the browser's client
//! as it is published.

mod files;

use crate::people::Person;

/// What all pages of a shop have in common.
#[derive(Debug)]
pub struct Site {
    /// What it is called, as HTML.
    pub name: &'static str,
    /// Its picture among the icons.
    pub icon: &'static str,
    /// Style sheets that every page has, beside the one that those of every shop have.
    pub styles: &'static [&'static str],
    /// Its own files by their names, beside those that every shop has.
    pub files: &'static [(&'static str, &'static str)],
}

/// What stands between the same head and foot.
#[derive(Debug)]
pub struct Page {
    /// What it is about.
    pub title: &'static str,
    /// Style sheets of its own.
    pub styles: &'static [&'static str],
    /// Its script, if it needs one.
    pub script: Option<&'static str>,
    /// Its own part, as HTML.
    pub main: &'static str,
}

/// For an address where there is none.
pub const ABSENT: Page = Page {
    title: "Not found",
    styles: &[],
    script: None,
    main: include_str!("../web/absent.html"),
};

/// A file that pages load.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// The value of its `Content-Type`.
    pub kind: &'static str,
    /// What it says.
    pub text: &'static str,
}

impl Site {
    /// A page, as it is shown to somebody. What is filled in is ours, and nobody's input.
    pub fn show(&self, page: &Page, to: Option<&Person>) -> String {
        let styles = self.styles.iter().chain(page.styles);
        let styles =
            styles.map(|name| format!("<link rel=\"stylesheet\" href=\"/assets/{name}\">\n"));
        let script = page
            .script
            .map(|name| format!("<script type=\"module\" src=\"/assets/{name}\"></script>"));
        let account = to.map(|person| {
            let account = include_str!("../web/account.html");
            account.trim_end().replace("{name}", person.name)
        });
        include_str!("../web/layout.html")
            .replace("{title}", page.title)
            .replace("{shop}", self.name)
            .replace("{icon}", self.icon)
            .replace("{styles}", &styles.collect::<String>())
            .replace("{script}", &script.unwrap_or_default())
            .replace("{user}", to.map_or("", |person| person.id))
            .replace("{account}", &account.unwrap_or_default())
            .replace("{main}", page.main)
            .replace("{badge}", include_str!("../web/badge.html").trim_end())
            .replace("{sure}", include_str!("../web/sure.html").trim_end())
    }

    /// A file, by its path below `/assets/`.
    pub fn file(&self, path: &str) -> Option<File> {
        let mut all = self.files.iter().chain(files::SHARED).chain(files::CLIENT);
        let (_, text) = all.find(|(name, _)| *name == path)?;
        let kind = match path.rsplit('.').next() {
            Some("css") => "text/css",
            Some("svg") => "image/svg+xml",
            _ => "text/javascript",
        };
        Some(File { kind, text })
    }
}
