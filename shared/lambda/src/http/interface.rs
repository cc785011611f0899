//! A function's routes, and what the published interface says of them, from one list of handlers.

/// Makes of a list of handlers the routes that answer, and `document()`, which says what they are in the words of OpenAPI.
///
/// Two functions, for a document takes longer to put together than a function to start, and only tests ask for it: what
/// gets deployed does not even contain it.
///
/// ```text
/// lambda::interface! {
///     pub fn routes() -> Router<Orders>;
///     place::place_order,
///     list::list_orders,
/// }
/// ```
#[macro_export]
macro_rules! interface {
    (
        $(#[$doc:meta])* $visible:vis fn $routes:ident() -> Router<$state:ty>;
        $($module:ident $(:: $handler:ident)*),+ $(,)?
    ) => {
        $(#[$doc])*
        $visible fn $routes() -> ::axum::Router<$state> {
            use $crate::http::utoipa_axum::PathItemExt as _;
            ::axum::Router::new()$(.route(
                &$crate::http::utoipa_axum::routes!(@path [path()] of $module $(:: $handler)*),
                $crate::http::utoipa_axum::routes!(@path [methods()] of $module $(:: $handler)*)
                    .iter()
                    .fold(::axum::routing::MethodRouter::new(), |router, method| {
                        router.on(method.to_method_filter(), $module $(:: $handler)*)
                    }),
            ))+
        }

        /// What the routes are, in the words of OpenAPI.
        pub fn document() -> ::utoipa::openapi::OpenApi {
            $crate::http::utoipa_axum::router::OpenApiRouter::<$state>::new()
                $(.routes($crate::http::utoipa_axum::routes!($module $(:: $handler)*)))+
                .into_openapi()
        }
    };
}
