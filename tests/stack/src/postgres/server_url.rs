use super::Error;

/// The URL of a server, without the database.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerUrl {
    /// Up to the slash before the database name.
    pub(super) prefix: String,
    /// Empty, or the query with its question mark.
    pub(super) options: String,
}

impl ServerUrl {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let wrong = || Error::Url(url.to_owned());
        let (address, options) =
            url.split_once('?').map_or((url, ""), |(address, options)| (address, options));
        let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
        if !matches!(scheme, "postgres" | "postgresql") || rest.is_empty() {
            return Err(wrong());
        }
        let host = rest.split_once('/').map_or(rest, |(host, _)| host);
        let options = if options.is_empty() { String::new() } else { format!("?{options}") };
        Ok(Self { prefix: format!("{scheme}://{host}/"), options })
    }

    pub(super) fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.prefix, self.options)
    }

    /// The same server for another role, with the same password.
    pub(super) fn with_role(&self, role: &str) -> Self {
        let (scheme, address) = self.prefix.split_once("://").unwrap_or(("postgres", &self.prefix));
        let (user, host) = address.rsplit_once('@').unwrap_or(("", address));
        let password =
            user.split_once(':').map_or(String::new(), |(_, password)| format!(":{password}"));
        Self {
            prefix: format!("{scheme}://{role}{password}@{host}"),
            options: self.options.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_replaces_the_one_in_the_url() {
        let server_url =
            ServerUrl::parse("postgres://shop:secret@db:5432/main?sslmode=disable").unwrap();

        assert_eq!(server_url.url("other"), "postgres://shop:secret@db:5432/other?sslmode=disable");
    }

    #[test]
    fn a_role_replaces_the_user_and_keeps_the_password() {
        let url = |given: &str| ServerUrl::parse(given).unwrap().with_role("app_rw").url("shop");

        assert_eq!(url("postgres://postgres@db:5432/main"), "postgres://app_rw@db:5432/shop");
        assert_eq!(url("postgres://me:secret@db/main"), "postgres://app_rw:secret@db/shop");
        assert_eq!(url("postgres://db/main"), "postgres://app_rw@db/shop");
    }

    #[test]
    fn a_url_of_another_kind_is_refused_with_its_name() {
        let error = ServerUrl::parse("mysql://db/main").unwrap_err();

        assert!(error.to_string().contains("mysql://db/main"));
    }
}
