//! What the rules need to know of one Rust file: its names, functions, words and tests.
//!
//! The file is read as the compiler reads it, never by searching its text: a word in a comment or a
//! string must not count as code.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::ops::RangeInclusive;
use std::str::FromStr;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// One Rust file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Path from the root.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Why it does not parse, if it does not.
    pub(crate) error: Option<String>,
    /// Whether the whole file is a test or a benchmark.
    pub(crate) only_tests: bool,
    /// Lines of its tests.
    tests: Vec<RangeInclusive<usize>>,
    /// Its functions outside tests: name, line, number of lines.
    pub(crate) functions: Vec<(String, usize, usize)>,
    /// What it defines: name, line.
    pub(crate) names: Vec<(String, usize)>,
    /// Text constants of a file or module `codes`: name, value, line.
    pub(crate) codes: Vec<(String, String, usize)>,
    /// The modules around what is being looked at, the file's own name first.
    modules: Vec<String>,
    /// Its words (identifiers), and where they stand.
    pub(crate) words: Vec<Word>,
}

/// An identifier in code.
#[derive(Debug)]
pub(crate) struct Word {
    /// The identifier.
    pub(crate) text: String,
    /// Its line.
    pub(crate) line: usize,
    /// Whether `!` follows it.
    pub(crate) called_as_macro: bool,
    /// Whether it opens an attribute.
    pub(crate) opens_attribute: bool,
}

impl Source {
    /// Reads the file `path` that holds `text`.
    pub(crate) fn read(path: &str, text: &str) -> Self {
        let mut source = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            error: None,
            only_tests: is_test_path(path),
            tests: Vec::new(),
            functions: Vec::new(),
            names: Vec::new(),
            codes: Vec::new(),
            modules: path.rsplit('/').take(1).map(|name| name.replace(".rs", "")).collect(),
            words: Vec::new(),
        };
        match (syn::parse_file(text), TokenStream::from_str(text)) {
            (Ok(file), Ok(tokens)) => {
                source.visit_file(&file);
                source.words = words(tokens);
            }
            (Err(error), _) => source.error = Some(error.to_string()),
            (_, Err(error)) => source.error = Some(error.to_string()),
        }
        source
    }

    /// Whether `line` belongs to a test.
    pub(crate) fn in_tests(&self, line: usize) -> bool {
        self.only_tests || self.tests.iter().any(|range| range.contains(&line))
    }

    /// How many lines stand outside tests.
    pub(crate) fn lines(&self) -> usize {
        (1..=self.text.lines().count()).filter(|&line| !self.in_tests(line)).count()
    }

    /// The crate it belongs to, by its folder's name.
    pub(crate) fn krate(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// Notes a test; `true` where `item` is one, and need not be looked into.
    fn note_test(&mut self, attributes: &[syn::Attribute], item: &impl Spanned) -> bool {
        let test = attributes.iter().any(is_test_attribute);
        if test {
            let first = attributes.first().map_or_else(|| item.span(), Spanned::span);
            self.tests.push(first.start().line..=item.span().end().line);
        }
        test
    }

    fn note_function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.span().end().line;
        self.names.push((signature.ident.to_string(), first));
        self.functions.push((signature.ident.to_string(), first, last - first + 1));
    }

    fn note_name(&mut self, name: &syn::Ident) {
        self.names.push((name.to_string(), name.span().start().line));
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !self.note_test(&item.attrs, item) {
            self.note_name(&item.ident);
            self.modules.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.modules.pop();
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !self.note_test(&item.attrs, item) {
            self.note_function(&item.sig, &item.block);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !self.note_test(&item.attrs, item) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !self.note_test(&item.attrs, item) {
            self.note_function(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.note_name(&item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.note_name(&item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.note_name(&item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.note_name(&item.ident);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if self.modules.last().is_some_and(|module| module == "codes")
            && let syn::Expr::Lit(literal) = &*item.expr
            && let syn::Lit::Str(value) = &literal.lit
        {
            let line = item.ident.span().start().line;
            self.codes.push((item.ident.to_string(), value.value(), line));
        }
    }
}

/// Whether every line of the file at `path` is test, benchmark or example code: none of the
/// program.
fn is_test_path(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.any(|part| matches!(part, "tests" | "benches" | "examples" | "fuzz" | "tests.rs"))
}

/// `#[test]`, `#[cfg(test)]` and their like (`#[cfg(all(test, unix))]`).
fn is_test_attribute(attribute: &syn::Attribute) -> bool {
    match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) => {
            list.path.is_ident("cfg")
                && words(list.tokens.clone()).iter().any(|word| word.text == "test")
        }
        syn::Meta::NameValue(_) => false,
    }
}

/// Every identifier of `tokens`, in order of place. A stack stands in for recursion.
fn words(tokens: TokenStream) -> Vec<Word> {
    let mut found = Vec::new();
    let mut open = vec![(false, tokens.into_iter().peekable())];
    while let Some((attribute, mut rest)) = open.pop() {
        let mut opens_attribute = attribute;
        let mut after_hash = false;
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Ident(ident) => {
                    found.push(Word {
                        text: ident.to_string(),
                        line: ident.span().start().line,
                        called_as_macro: rest.peek().is_some_and(is_bang),
                        opens_attribute,
                    });
                }
                TokenTree::Group(group) => {
                    let inner = group.stream().into_iter().peekable();
                    let bracket = group.delimiter() == Delimiter::Bracket;
                    open.push((false, rest));
                    open.push((after_hash && bracket, inner));
                    break;
                }
                TokenTree::Punct(punct) => {
                    after_hash = punct.as_char() == '#' || (after_hash && punct.as_char() == '!');
                    opens_attribute = false;
                    continue;
                }
                TokenTree::Literal(_) => {}
            }
            opens_attribute = false;
            after_hash = false;
        }
    }
    found
}

fn is_bang(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!')
}
