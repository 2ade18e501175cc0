//! Puts side by side the figures that answer one question, and says whether they agree.
//!
//! Disagreement is the result: no number of one account is ever averaged, replaced or left out for
//! the sake of another, and two figures come together only by a rule that the result names. Where
//! the rules leave a doubt, figures stay apart. (docs/method/comparing.md)

mod account;
mod cluster;
mod convention;
mod fold;
mod group;
mod period;
mod place;
mod question;
mod rules;
mod value;

pub use account::Account;
pub use convention::Convention;
pub use group::Group;
pub use question::{
    Because, Bound, Question, Range, Relation, VERDICT_LIMIT_ACCOUNTS, Verdict, questions,
};
pub use rules::{Rule, rules};
