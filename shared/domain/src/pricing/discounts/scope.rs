//! What a discount is taken off.

use crate::failure::Invalid;
use crate::id::{CategoryId, ProductId};
use crate::pricing::DiscountTarget;

/// The most that one discount names.
const MOST_PRODUCTS: usize = 1000;
const MOST_CATEGORIES: usize = 100;

/// What a discount is taken off. Products and categories each once, by ascending id; some only if it is for products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub(super) target: DiscountTarget,
    pub(super) products: Vec<ProductId>,
    /// With their subcategories.
    pub(super) categories: Vec<CategoryId>,
}

impl Scope {
    pub fn new(
        target: DiscountTarget,
        products: Vec<ProductId>,
        categories: Vec<CategoryId>,
    ) -> Result<Self, Invalid> {
        let products = sorted("/products", products, MOST_PRODUCTS)?;
        let categories = sorted("/categories", categories, MOST_CATEGORIES)?;
        let scope = Self { target, products, categories };
        let named = [("/products", scope.products.len()), ("/categories", scope.categories.len())];
        let named = named.into_iter().find(|(_, count)| *count > 0);
        match (target == DiscountTarget::Products, named) {
            (true, None) => {
                let detail = "a discount for products names products or categories";
                Err(Invalid::new("/products", "required", detail))
            }
            (false, Some((pointer, _))) => {
                let detail = "only a discount whose target is products names any";
                Err(Invalid::new(pointer, "not_for_products", detail))
            }
            _ => Ok(scope),
        }
    }

    pub fn target(&self) -> DiscountTarget {
        self.target
    }

    pub fn products(&self) -> &[ProductId] {
        &self.products
    }

    pub fn categories(&self) -> &[CategoryId] {
        &self.categories
    }

    /// Refuses a product or category that is not among those that there are.
    pub(super) fn check_known(
        &self,
        products: &[ProductId],
        categories: &[CategoryId],
    ) -> Result<(), Invalid> {
        if let Some(unknown) = self.products.iter().find(|id| !products.contains(id)) {
            let detail = format!("there is no product {unknown}");
            return Err(Invalid::new("/products", "unknown_product", detail));
        }
        if let Some(unknown) = self.categories.iter().find(|id| !categories.contains(id)) {
            let detail = format!("there is no category {unknown}");
            return Err(Invalid::new("/categories", "unknown_category", detail));
        }
        Ok(())
    }
}

fn sorted<T: Ord>(pointer: &str, mut ids: Vec<T>, most: usize) -> Result<Vec<T>, Invalid> {
    if ids.len() > most {
        let detail = format!("must be at most {most}");
        return Err(Invalid::new(pointer, "too_many", detail));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_discount_for_products_names_products() {
        let (mug, cups) = (ProductId::generate(), CategoryId::generate());
        let refused = |target, products, categories| {
            let refused = Scope::new(target, products, categories).err();
            refused.map(|refused| (refused.pointer, refused.code))
        };
        let at = |pointer: &str, code| Some((pointer.to_owned(), code));
        for target in [DiscountTarget::Order, DiscountTarget::Shipping] {
            assert_eq!(refused(target, vec![], vec![]), None);
            assert_eq!(refused(target, vec![mug], vec![]), at("/products", "not_for_products"));
            assert_eq!(refused(target, vec![], vec![cups]), at("/categories", "not_for_products"));
        }
        let target = DiscountTarget::Products;
        assert_eq!(refused(target, vec![], vec![]), at("/products", "required"));
        assert_eq!(refused(target, vec![mug], vec![cups]), None);
        assert_eq!(refused(target, vec![mug; 1001], vec![]), at("/products", "too_many"));
        assert_eq!(refused(target, vec![mug], vec![cups; 101]), at("/categories", "too_many"));
    }

    #[test]
    fn each_product_is_named_once_and_must_be_there() {
        let (one, two) = (ProductId::generate(), ProductId::generate());
        let scope = Scope::new(DiscountTarget::Products, vec![two, one, two], vec![]).unwrap();
        assert_eq!(scope.products(), [one, two]);
        assert_eq!(scope.check_known(&[two, one], &[]), Ok(()));
        assert_eq!(scope.check_known(&[one], &[]).unwrap_err().code, "unknown_product");

        let cups = CategoryId::generate();
        let scope = Scope::new(DiscountTarget::Products, vec![], vec![cups]).unwrap();
        assert_eq!(scope.check_known(&[], &[]).unwrap_err().code, "unknown_category");
    }
}
