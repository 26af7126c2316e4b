//! Behaviours as text: `name`, or `name=value` for the four that take one.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::Behaviour;

/// A text that names no behaviour. Whoever wrote it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownBehaviour {
    /// No such name.
    #[error("there is no behaviour `{0}`; `qaqpa mock behaviours` lists them")]
    Name(String),
    /// A value where none is taken, or one that is none.
    #[error("behaviour `{name}` does not take the value `{value}`")]
    Value {
        /// The behaviour named.
        name: &'static str,
        /// As given.
        value: String,
    },
}

impl fmt::Display for Behaviour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Slow(delay) => write!(formatter, "{name}={}ms", delay.as_millis()),
            Self::Redirect(value) | Self::SoapFault(value) | Self::Status(value) => write!(formatter, "{name}={value}"),
            _ => formatter.write_str(name),
        }
    }
}

impl FromStr for Behaviour {
    type Err = UnknownBehaviour;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let entry = Self::ALL.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| UnknownBehaviour::Name(name.to_owned()))?;
        let Some(value) = value else { return Ok(entry.behaviour.clone()) };
        let wrong = || UnknownBehaviour::Value { name: entry.name, value: value.to_owned() };
        match &entry.behaviour {
            Self::Slow(_) => duration(value).map(Self::Slow).ok_or_else(wrong),
            Self::Redirect(_) if is_header_value(value) => Ok(Self::Redirect(value.to_owned().into())),
            Self::SoapFault(_) if is_code(value) => Ok(Self::SoapFault(value.to_owned().into())),
            Self::Status(_) if is_code(value) => Ok(Self::Status(value.to_owned().into())),
            _ => Err(wrong()),
        }
    }
}

/// `2s` or `250ms`.
fn duration(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_header_value(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_behaviour_is_read_back_from_its_text() {
        let mut names = Vec::new();
        for entry in Behaviour::ALL {
            assert_eq!(entry.behaviour.name(), entry.name);
            assert_eq!(entry.name.parse(), Ok(entry.behaviour.clone()));
            assert_eq!(entry.behaviour.to_string().parse(), Ok(entry.behaviour.clone()));
            names.push(entry.name);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Behaviour::ALL.len(), "a name stands for one behaviour");
    }

    #[test]
    fn values_are_taken_where_there_is_one_to_take() {
        let wrong = |name, value: &str| Err(UnknownBehaviour::Value { name, value: value.to_owned() });
        for (wanted, text) in [
            (Ok(Behaviour::Slow(Duration::from_secs(31))), "slow=31s"),
            (Ok(Behaviour::Slow(Duration::from_millis(5))), "slow=5ms"),
            (Ok(Behaviour::SoapFault("SCE005".into())), "soap-fault=SCE005"),
            (Ok(Behaviour::Status("SBF-AD-1".into())), "status=SBF-AD-1"),
            (Ok(Behaviour::Redirect("http://127.0.0.1:9/".into())), "redirect=http://127.0.0.1:9/"),
            (wrong("slow", "soon"), "slow=soon"),
            (wrong("soap-fault", "<a>"), "soap-fault=<a>"),
            (wrong("redirect", "a b"), "redirect=a b"),
            (wrong("normal", "1"), "normal=1"),
            (Err(UnknownBehaviour::Name("wrapped-8".into())), "wrapped-8"),
            (Err(UnknownBehaviour::Name(String::new())), ""),
        ] {
            assert_eq!(text.parse::<Behaviour>(), wanted, "{text}");
        }
    }
}
