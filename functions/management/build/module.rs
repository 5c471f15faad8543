//! What does one module of the console take from others, and what does it give?
//! Its imports, exports and loads on demand (ECMAScript modules), read from its tokens; and the function that it becomes.

use std::error::Error;
use std::fmt::Write as _;

use crate::lexer::{Gap, Kind, Token, tokens, written};

/// A module in the few forms that the packer understands. Any other is refused, so that no page breaks.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) imports: Vec<Import>,
    /// Names that it exports, and what they are called inside.
    pub(crate) exports: Vec<(String, String)>,
    /// Modules whose names it exports all: `export * from '…'`.
    pub(crate) stars: Vec<String>,
    /// Modules that it loads when it needs them: `import('…')`.
    pub(crate) loads: Vec<String>,
    /// Words in it that begin with `$`, as the names of modules in packs do.
    pub(crate) words: Vec<String>,
    body: Vec<Piece>,
}

#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) from: String,
    pub(crate) names: Vec<String>,
    /// What stands on the left of the `=`.
    pattern: String,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Load(String),
    /// `import.meta.url`
    Url,
}

/// How a module finds the others in their packs.
pub(crate) trait Places {
    /// What gives the promise of the module at `path`.
    fn import(&self, path: &str) -> String;
    /// The same, when the pack may have to be loaded first.
    fn load(&self, path: &str) -> String;
    /// The address of `path`, where it stood before it was packed.
    fn url(&self, path: &str) -> String;
}

/// Reads the module at `path`.
pub(crate) fn parse(path: &str, text: &str) -> Result<Module, Box<dyn Error>> {
    let tokens = tokens(text).map_err(|why| format!("{path}: {why}"))?;
    let mut reader = Reader { path, rest: &tokens, module: Module::default(), plain: Vec::new() };
    reader.read().map_err(|why| format!("{path}: {why}"))?;
    Ok(reader.module)
}

impl Module {
    /// The module as the value of a constant: a function that runs it once and gives what it exports.
    pub(crate) fn packed(&self, path: &str, places: &dyn Places) -> Result<String, std::fmt::Error> {
        let mut text = format!("const {} = $once(async () => {{\n", name_of(path));
        for import in &self.imports {
            match import.pattern.as_str() {
                "" => writeln!(text, "await {}();", places.import(&import.from))?,
                pattern => writeln!(text, "const {pattern} = await {}();", places.import(&import.from))?,
            }
        }
        for piece in &self.body {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Load(target) => text.push_str(&places.load(target)),
                Piece::Url => text.push_str(&places.url(path)),
            }
        }
        let stars = self.stars.iter().map(|star| format!("...await {}()", places.import(star)));
        let own = self.exports.iter().map(|(name, local)| match name == local {
            true => name.clone(),
            false => format!("{name}: {local}"),
        });
        let given: Vec<_> = stars.chain(own).collect();
        writeln!(text, "\nreturn {{ {} }};\n}});", given.join(", "))?;
        Ok(text)
    }
}

/// What the module at `path` is called in a pack.
pub(crate) fn name_of(path: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    format!("${}", path.trim_end_matches(".js").chars().map(plain).collect::<String>())
}

struct Reader<'a> {
    path: &'a str,
    rest: &'a [Token<'a>],
    module: Module,
    /// Tokens that stay as they are.
    plain: Vec<Token<'a>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Result<(), String> {
        let mut before = "";
        while let [token, after @ ..] = self.rest {
            let next = after.first().map_or("", |next| next.text);
            let is_statement = token.kind == Kind::Word && token.depth == 0 && before != ".";
            match token.text {
                "import" if token.kind == Kind::Word && before != "." && ["(", "."].contains(&next) => {
                    self.expression()?;
                }
                "import" if is_statement => self.import()?,
                "export" if is_statement => self.export()?,
                _ => {
                    self.plain.push(*token);
                    self.rest = after;
                }
            }
            before = token.text;
        }
        self.flush();
        Ok(())
    }

    fn flush(&mut self) {
        let words = self.plain.iter().filter(|token| token.kind == Kind::Word && token.text.starts_with('$'));
        self.module.words.extend(words.map(|token| token.text.to_owned()));
        let text = written(&self.plain);
        self.plain.clear();
        self.module.body.push(Piece::Text(text));
    }

    fn take(&mut self) -> Result<Token<'a>, String> {
        let (token, rest) = self.rest.split_first().ok_or("it ends in a statement")?;
        self.rest = rest;
        Ok(*token)
    }

    /// Goes over what must stand here.
    fn expect(&mut self, texts: &[&str]) -> Result<(), String> {
        for text in texts {
            let token = self.take()?;
            if token.text != *text {
                return Err(format!("`{}` where `{text}` should be", token.text));
            }
        }
        Ok(())
    }

    fn skip(&mut self, text: &str) -> bool {
        let is_there = self.rest.first().is_some_and(|token| token.text == text);
        if is_there {
            self.rest = &self.rest[1..];
        }
        is_there
    }

    fn word(&mut self) -> Result<&'a str, String> {
        match self.take()? {
            Token { kind: Kind::Word, text, .. } => Ok(text),
            other => Err(format!("`{}` where a name should be", other.text)),
        }
    }

    /// The path that a string names from here.
    fn path(&mut self) -> Result<String, String> {
        let token = self.take()?;
        let inside = token.text.get(1..token.text.len() - 1).unwrap_or_default();
        let is_relative = inside.starts_with("./") || inside.starts_with("../");
        match token.kind == Kind::Text && is_relative && !inside.contains('\\') {
            true => Ok(joined(self.path, inside)),
            false => Err(format!("{} is no path of a module", token.text)),
        }
    }

    /// `import('./x.js')` or `import.meta.url`.
    fn expression(&mut self) -> Result<(), String> {
        let gap = self.take()?.gap;
        // What takes its place begins a word as it did.
        self.plain.push(Token { gap, kind: Kind::Word, text: "", depth: 0 });
        self.flush();
        if self.skip("(") {
            let target = self.path()?;
            self.expect(&[")"])?;
            self.module.loads.push(target.clone());
            self.module.body.push(Piece::Load(target));
        } else {
            self.expect(&[".", "meta", ".", "url"])?;
            self.module.body.push(Piece::Url);
        }
        Ok(())
    }

    fn import(&mut self) -> Result<(), String> {
        self.expect(&["import"])?;
        let (mut names, mut pattern) = (Vec::new(), String::new());
        if self.rest.first().is_none_or(|token| token.kind != Kind::Text) {
            if self.skip("{") {
                let pairs = self.pairs()?;
                let parts = pairs.iter().map(|(name, local)| match name == local {
                    true => name.clone(),
                    false => format!("{name}: {local}"),
                });
                pattern = format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "));
                names = pairs.into_iter().map(|(name, _)| name).collect();
            } else {
                self.expect(&["*", "as"])?;
                pattern = self.word()?.to_owned();
            }
            self.expect(&["from"])?;
        }
        let from = self.path()?;
        self.skip(";");
        self.module.imports.push(Import { from, names, pattern });
        Ok(())
    }

    /// `a, b as c }`
    fn pairs(&mut self) -> Result<Vec<(String, String)>, String> {
        let mut pairs = Vec::new();
        while !self.skip("}") {
            let name = self.word()?.to_owned();
            let other = if self.skip("as") { self.word()?.to_owned() } else { name.clone() };
            pairs.push((name, other));
            if !self.skip(",") {
                self.expect(&["}"])?;
                break;
            }
        }
        Ok(pairs)
    }

    fn export(&mut self) -> Result<(), String> {
        let gap = self.take()?.gap;
        if self.skip("*") {
            self.expect(&["from"])?;
            let star = self.path()?;
            self.skip(";");
            self.module.stars.push(star);
            return Ok(());
        }
        if self.skip("{") {
            let pairs = self.pairs()?;
            if !self.skip(";") && self.rest.first().is_some_and(|token| token.gap != Gap::Line) {
                return Err("`export { … }` goes on".to_owned());
            }
            self.module.exports.extend(pairs.into_iter().map(|(local, name)| (name, local)));
            return Ok(());
        }
        let is_default = self.skip("default");
        let declared = self.declared()?;
        // The declaration stays where the export stood.
        let begin = Token { gap, ..self.take()? };
        self.plain.push(begin);
        let name = if is_default { "default".to_owned() } else { declared.clone() };
        self.module.exports.push((name, declared));
        Ok(())
    }

    /// The name that a declaration declares, whose tokens stay.
    fn declared(&mut self) -> Result<String, String> {
        let rest = self.rest;
        let mut words = rest.iter().filter(|token| token.text != "*" && token.text != "async");
        let kind = words.next().map_or("", |token| token.text);
        let name = words.next().filter(|token| token.kind == Kind::Word);
        match (["const", "function", "class"].contains(&kind), name) {
            (true, Some(name)) if !["extends"].contains(&name.text) => Ok(name.text.to_owned()),
            _ => Err(format!("`export {kind} …` is not what can be packed")),
        }
    }
}

/// The path that `source` names in the module `from`.
pub(crate) fn joined(from: &str, source: &str) -> String {
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
