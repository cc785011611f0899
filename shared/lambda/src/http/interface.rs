//! A function's routes and their OpenAPI document, from one list of handlers.

/// Defines two functions from a list of handlers: the router, and `document()`, its OpenAPI document.
///
/// Two, because building the document takes longer than starting a function and only tests need it. The linker leaves
/// it out of the binaries that are deployed.
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

        /// The routes as an OpenAPI document.
        pub fn document() -> ::utoipa::openapi::OpenApi {
            $crate::http::utoipa_axum::router::OpenApiRouter::<$state>::new()
                $(.routes($crate::http::utoipa_axum::routes!($module $(:: $handler)*)))+
                .into_openapi()
        }
    };
}
