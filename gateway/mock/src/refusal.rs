//! The state says no: a SOAP fault of the channel with its ErrorInfo (kz-protocols 1.4).
//!
//! Codes and Russian texts are those that public code of receiving systems attests; faultcode and the shape as a whole are
//! RECONSTRUCTED from the WSDL, because no captured fault is public. Faults are not signed. A fault never repeats what stood in
//! the request: errorData holds a stable code or a field path.

use std::borrow::Cow;

use jiff::Timestamp;
use qaqpa_adapters::shep::sync::{ErrorInfo, Fault, write_fault};
use qaqpa_adapters::wsse::{NotAuthentic, envelope_unsigned};
use uuid::Uuid;

/// Why a request gets a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    code: Cow<'static, str>,
    /// A code or a path; never a value.
    because: Option<String>,
    /// The errorCode of the system behind.
    sub: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), because: None, sub: None }
    }

    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.because = Some(reason.into());
        self
    }

    /// The message is not as the channel wants it.
    pub(crate) fn format(reason: impl Into<String>) -> Self {
        Self::new("SCE001").because(reason)
    }

    /// There is no such service.
    pub(crate) fn service() -> Self {
        Self::new("SCE004")
    }

    /// The mock itself failed.
    pub(crate) fn internal(reason: impl Into<String>) -> Self {
        Self::new("SCE909").because(reason)
    }

    /// The login is not the one that was agreed. The code is attested for "access"; that it means a login is RECONSTRUCTED.
    pub(crate) fn sender() -> Self {
        Self::new("SBF-AD-1").because("sender")
    }

    /// An error within an error.
    pub(crate) fn nested() -> Self {
        Self { sub: Some("SCE006"), ..Self::new("SCE909") }
    }

    pub(crate) fn signature(reason: NotAuthentic) -> Self {
        let code = match reason {
            NotAuthentic::Unsigned => "SCE007",
            NotAuthentic::ExpiredSigner => "SCE005",
            NotAuthentic::NotAnEnvelope => "SCE001",
            _ => "SCE006",
        };
        Self::new(code).because(reason.code())
    }

    /// The whole envelope.
    pub(crate) fn envelope(&self, session: Uuid, now: Timestamp) -> String {
        let sub = self.sub.map(|code| Box::new(error_info(code.to_owned(), None, None, now)));
        let error = error_info(self.code.clone().into_owned(), self.because.clone(), Some(session), now);
        let fault = Fault {
            code: "Server".to_owned(),
            text: text_of(&self.code).to_owned(),
            error: Some(ErrorInfo { sub, ..error }),
        };
        // Codes come from the script and from tables, so they can be written; were one not, an empty Body would say as much.
        envelope_unsigned(&write_fault(&fault).unwrap_or_default())
    }
}

fn error_info(code: String, data: Option<String>, session: Option<Uuid>, now: Timestamp) -> ErrorInfo {
    ErrorInfo {
        message: text_of(&code).to_owned(),
        code,
        data,
        date: Some(now),
        sub: None,
        session_id: session.map(|session| session.to_string()),
    }
}

fn text_of(code: &str) -> &'static str {
    TEXTS.iter().find(|(known, _)| *known == code).map_or("Ошибка обработки сообщения", |(_, text)| text)
}

const TEXTS: [(&str, &str); 10] = [
    ("SCE001", "Не верный формат сообщения"),
    ("SCE004", "Сервис не найден"),
    ("SCE005", "Транспортная подпись не актуальна"),
    ("SCE006", "Не верная транспортная подпись"),
    ("SCE007", "Сообщение не подписано"),
    ("SCE015", "Подпись бизнес данных не актуальна"),
    ("SCE016", "Не верная подпись бизнес данных"),
    ("SCE017", "Бизнес данные не подписаны"),
    ("SCE909", "Внутренняя ошибка"),
    ("SBF-AD-1", "Доступ запрещен"),
];
