//! In which file is each module of the console served?
//! Module bundling: a few packs instead of hundreds of files. Each module is in exactly one, so that its state is there once.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;

use crate::module::{Module, Places, name_of, parse};

/// Where reading begins. What several packs use is in its file.
const MAIN: &str = "main.js";

/// The pack of what is loaded on demand, by the begin of its path: the longest that fits. What a module imports goes with
/// it; what modules of several packs import goes into `main.js`, which is there already.
const PACKS: &[(&str, &str)] = &[
    ("actions/", "packs/actions.js"),
    ("catalogue/", "packs/catalogue.js"),
    ("endpoint/", "packs/endpoint.js"),
    ("endpoint/samples/", "packs/samples.js"),
    ("manage/", "packs/manage.js"),
    ("pages/", "packs/manage.js"),
    ("pages/action", "packs/actions.js"),
    ("pages/catalogue", "packs/catalogue.js"),
    ("pages/deliver", "packs/events.js"),
    ("pages/endpoint", "packs/endpoint.js"),
    ("pages/event", "packs/events.js"),
    ("pages/event_type", "packs/catalogue.js"),
    ("pages/login", MAIN),
    ("pages/overview", MAIN),
    ("pages/replay", "packs/events.js"),
    ("pages/rule", "packs/rules.js"),
    ("pages/setup", "packs/endpoint.js"),
    ("pages/source", "packs/sources.js"),
    ("rules/", "packs/rules.js"),
    ("rules/conflict", "packs/rule_parts.js"),
    ("rules/firings", "packs/rule_parts.js"),
    ("rules/json_view", "packs/rule_parts.js"),
    ("rules/secrets", "packs/rule_parts.js"),
    ("sources/", "packs/sources.js"),
];

/// Pages that only those see who develop the console: they are not shipped.
const UNSHIPPED: &str = "pages/dev_";

/// Reads the file at a path below `console/`.
pub(crate) type Read<'a> = dyn Fn(&str) -> Result<String, Box<dyn Error>> + 'a;

/// The packs: path and text of each.
pub(crate) fn packs(read: &Read<'_>) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let mut console = Console { read, modules: BTreeMap::new(), order: Vec::new() };
    console.add(MAIN, &mut Vec::new())?;
    console.check()?;
    let homes = console.homes();
    let mut packs: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for path in &console.order {
        let home = homes.get(path).ok_or_else(|| format!("{path} is in no pack"))?;
        packs.entry(home.clone()).or_default().push(path);
    }
    let mut written = BTreeMap::new();
    for (pack, paths) in &packs {
        written.insert(pack.clone(), console.written(pack, paths, &homes)?);
    }
    Ok(written)
}

struct Console<'a> {
    read: &'a Read<'a>,
    modules: BTreeMap<String, Module>,
    /// Each after those that it imports.
    order: Vec<String>,
}

impl Console<'_> {
    /// Reads the module at `path` and all that it needs. `way`: the modules that are being read, for a circle.
    fn add(&mut self, path: &str, way: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
        if way.iter().any(|open| open == path) {
            return Err(format!("modules import each other in a circle: {} → {path}", way.join(" → ")).into());
        }
        if self.modules.contains_key(path) {
            return Ok(());
        }
        let text = (self.read)(path).map_err(|why| format!("{path}: {why}"))?;
        let mut module = parse(path, &text)?;
        module.loads.retain(|load| !load.starts_with(UNSHIPPED));
        let needs: Vec<_> = imports(&module).cloned().collect();
        let loads = module.loads.clone();
        way.push(path.to_owned());
        for need in &needs {
            self.add(need, way)?;
        }
        way.pop();
        self.modules.insert(path.to_owned(), module);
        self.order.push(path.to_owned());
        // What is loaded on demand may lead back: it runs later.
        loads.iter().try_for_each(|load| self.add(load, &mut Vec::new()))
    }

    /// The names that the module at `path` exports.
    fn names(&self, path: &str) -> Result<Vec<&str>, Box<dyn Error>> {
        let module = self.modules.get(path).ok_or_else(|| format!("{path} was not read"))?;
        let mut names: Vec<&str> = module.exports.iter().map(|(name, _)| name.as_str()).collect();
        for star in &module.stars {
            names.extend(self.names(star)?.into_iter().filter(|name| *name != "default"));
        }
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("{path} exports {} twice", pair[0]).into()),
            None => Ok(names),
        }
    }

    /// Refuses what a browser would only find when the page is shown.
    fn check(&self) -> Result<(), Box<dyn Error>> {
        let mut variables = BTreeMap::new();
        for (path, module) in &self.modules {
            if let Some(other) = variables.insert(name_of(path), path) {
                return Err(format!("{path} and {other} have the same name in a pack").into());
            }
            self.names(path)?;
            for import in &module.imports {
                let names = self.names(&import.from)?;
                if let Some(name) = import.names.iter().find(|name| !names.contains(&name.as_str())) {
                    return Err(
                        format!("{path} imports {name}, which {} does not export", import.from).into()
                    );
                }
            }
        }
        let word = |path: &String| {
            let module = self.modules.get(path)?;
            module.words.iter().find(|word| variables.contains_key(*word) || *word == "$once").cloned()
        };
        match self.order.iter().find_map(|path| word(path).map(|word| (path, word))) {
            Some((path, word)) => Err(format!("{path} uses {word}, which is a module in a pack").into()),
            None => Ok(()),
        }
    }

    /// The pack of each module.
    fn homes(&self) -> BTreeMap<String, String> {
        let loaded = self.modules.values().flat_map(|module| &module.loads).map(String::as_str);
        let entries: BTreeSet<&str> = loaded.chain([MAIN]).collect();
        let mut users: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for entry in entries {
            let mut left = vec![entry.to_owned()];
            while let Some(path) = left.pop() {
                let is_new = users.entry(path.clone()).or_default().insert(pack_of(entry));
                let needs = self.modules.get(&path).into_iter().flat_map(imports);
                left.extend(needs.filter(|_| is_new).cloned());
            }
        }
        let only = |packs: &BTreeSet<&str>| match packs.len() {
            1 => packs.first().map_or(MAIN, |pack| pack).to_owned(),
            _ => MAIN.to_owned(),
        };
        users.iter().map(|(path, packs)| (path.clone(), only(packs))).collect()
    }

    fn written(
        &self,
        pack: &str,
        paths: &[&String],
        homes: &BTreeMap<String, String>,
    ) -> Result<String, Box<dyn Error>> {
        let from = Within { pack, homes };
        let mut body = String::new();
        let mut outside = BTreeSet::new();
        for path in paths {
            let module = self.modules.get(*path).ok_or("a module was lost")?;
            outside.extend(imports(module).filter(|need| homes.get(*need).map(String::as_str) == Some(MAIN)));
            body.push_str(&module.packed(path, &from)?);
        }
        let mut text = String::from("const $once = (run) => { let done; return () => done ??= run(); };\n");
        if pack == MAIN {
            writeln!(body, "{}();", name_of(MAIN))?;
        } else if !outside.is_empty() {
            let names: Vec<_> = outside.into_iter().map(|path| name_of(path)).collect();
            text = format!("import {{ {} }} from '{}';\n{text}", names.join(", "), relative(pack, MAIN));
        }
        let names: Vec<_> = paths.iter().map(|path| name_of(path)).collect();
        Ok(format!("{text}{body}export {{ {} }};\n", names.join(", ")))
    }
}

/// What a module needs before it runs.
fn imports(module: &Module) -> impl Iterator<Item = &String> {
    module.imports.iter().map(|import| &import.from).chain(&module.stars)
}

/// The pack of what is loaded on demand.
fn pack_of(path: &str) -> &'static str {
    let fitting = PACKS.iter().filter(|(begin, _)| path.starts_with(begin));
    fitting.max_by_key(|(begin, _)| begin.len()).map_or(MAIN, |(_, pack)| pack)
}

/// How a module in `pack` finds others.
struct Within<'a> {
    pack: &'a str,
    homes: &'a BTreeMap<String, String>,
}

impl Places for Within<'_> {
    fn import(&self, path: &str) -> String {
        name_of(path)
    }

    fn load(&self, path: &str) -> String {
        match self.homes.get(path) {
            Some(home) if home == self.pack => format!("{}()", name_of(path)),
            Some(home) => {
                format!("import('{}').then((pack) => pack.{}())", relative(self.pack, home), name_of(path))
            }
            None => format!("import('{}')", relative(self.pack, path)),
        }
    }

    fn url(&self, path: &str) -> String {
        match path == self.pack {
            true => "import.meta.url".to_owned(),
            false => format!("new URL('{}', import.meta.url).href", relative(self.pack, path)),
        }
    }
}

/// The path of `to` as a module in the file `from` names it.
fn relative(from: &str, to: &str) -> String {
    match from.matches('/').count() {
        0 => format!("./{to}"),
        ups => format!("{}{to}", "../".repeat(ups)),
    }
}
