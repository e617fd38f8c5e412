//! Why an admin is not answered.

use http::header::ALLOW;
use http::{HeaderValue, Response, StatusCode};

use super::super::body::Body;
use super::super::problem::{Problem, document};
use super::action::AdminRoute;
use super::query::BadParameter;

/// What readers are refused for, and what only admins can do wrong.
#[derive(Debug)]
pub(super) enum Refusal {
    Problem(Problem),
    BadParameter(BadParameter),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<BadParameter> for Refusal {
    fn from(bad: BadParameter) -> Self {
        Self::BadParameter(bad)
    }
}

impl Refusal {
    /// A word for it that stays the same, for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Problem(problem) => problem.code(),
            Self::BadParameter(_) => BadParameter::CODE,
        }
    }

    /// The response of this route.
    pub(super) fn response(self, route: AdminRoute) -> Response<Body> {
        let code = self.code();
        match self {
            Self::Problem(Problem::MethodNotAllowed) => {
                let allow = route.allow();
                let detail = format!("only {allow} is understood here");
                let status = StatusCode::METHOD_NOT_ALLOWED;
                let mut response = document(status, code, detail, None, None);
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
                response
            }
            Self::Problem(problem) => problem.response(),
            Self::BadParameter(bad) => {
                document(StatusCode::BAD_REQUEST, code, bad.detail(), None, None)
            }
        }
    }
}
