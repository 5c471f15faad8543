//! Which modules go into the one file `shell.js`?
//! Module concatenation: `shell.js` and all that it exports are served as one file, by the rules that shell.test.js holds
//! (imports and exports stand at the begin of a line, names are exported once, no circles, no renamed imports).

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;

/// `shell.js` with the modules in it.
pub(crate) struct Packed {
    pub(crate) text: String,
    /// The paths of the modules, below `console/`.
    pub(crate) modules: Vec<String>,
}

/// Reads the file at a path below `console/`.
type Read = dyn Fn(&str) -> Result<String, Box<dyn Error>>;

/// `shell.js` with the modules that it exports, each in a function of its own, after those that it imports.
pub(crate) fn pack(read: &Read) -> Result<Packed, Box<dyn Error>> {
    let shell = read("shell.js")?;
    let exported =
        |line: &'_ str| Some(line.strip_prefix("export * from './")?.strip_suffix("';")?.to_owned());
    let listed: Vec<String> = shell.lines().filter_map(exported).collect();
    let Some((vendor, own)) = listed.split_first() else { return Err("shell.js exports nothing".into()) };
    let mut pack = Pack {
        vendor,
        read,
        modules: Vec::new(),
        parts: String::new(),
        names: Vec::new(),
        outside: BTreeSet::new(),
    };
    for path in own {
        pack.add(path)?;
    }
    let outside: Vec<_> = pack.outside.into_iter().collect();
    let text = format!(
        "import {{ {} }} from './{vendor}';\nexport * from './{vendor}';\n{}export {{ {} }};\n",
        outside.join(", "),
        pack.parts,
        pack.names.join(", ")
    );
    Ok(Packed { text, modules: pack.modules })
}

struct Pack<'a> {
    vendor: &'a str,
    read: &'a Read,
    modules: Vec<String>,
    parts: String,
    names: Vec<String>,
    outside: BTreeSet<String>,
}

impl Pack<'_> {
    fn add(&mut self, path: &str) -> Result<(), Box<dyn Error>> {
        if self.modules.iter().any(|done| done == path) {
            return Ok(());
        }
        self.modules.push(path.to_owned());
        let text = (self.read)(path)?;
        let (mut body, mut names, mut import) = (String::new(), Vec::new(), String::new());
        for line in text.lines() {
            if !import.is_empty() || line.starts_with("import ") {
                import.push_str(line);
                if line.ends_with("';") {
                    self.import(path, &std::mem::take(&mut import))?;
                }
                continue;
            }
            let declared = line.strip_prefix("export ");
            names.extend(declared.and_then(name_of).map(str::to_owned));
            body.push_str(declared.unwrap_or(line));
            body.push('\n');
        }
        let returned = names.join(", ");
        write!(self.parts, "const {{ {returned} }} = (() => {{\n{body}return {{ {returned} }};\n}})();\n")?;
        self.names.append(&mut names);
        Ok(())
    }

    /// `import { a, b } from './x.js';`
    fn import(&mut self, from: &str, statement: &str) -> Result<(), Box<dyn Error>> {
        let source = statement.rsplit('\'').nth(1).ok_or("an import without a source")?;
        let target = joined(from, source);
        if target != self.vendor {
            return self.add(&target);
        }
        let inside = statement.split(['{', '}']).nth(1).unwrap_or("");
        self.outside
            .extend(inside.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
        Ok(())
    }
}

/// The name that `const x = …`, `function x(…)`, `async function x(…)` or `class X …` declares.
fn name_of(declaration: &str) -> Option<&str> {
    let rest = declaration.strip_prefix("async ").unwrap_or(declaration);
    let rest = ["const ", "function ", "class "].iter().find_map(|word| rest.strip_prefix(word))?;
    rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$')).next()
}

/// The path that `source` names in the module `from`.
fn joined(from: &str, source: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in source.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}
