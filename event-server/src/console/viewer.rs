//! Who looks at a page, and what they are to which site.

use api_spec::token::{Role, RoleClaim};

/// A person who has signed in.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) person_id: String,
    pub(super) tenant_id: String,
    pub(super) name: String,
    pub(super) roles: Vec<RoleClaim>,
}

impl Viewer {
    /// The highest one at a site.
    pub(super) fn role_at(&self, site_id: &str) -> Option<Role> {
        RoleClaim::highest_at(&self.roles, site_id)
    }

    /// Whether the whole site is theirs to see.
    pub(super) fn may_see(&self, site_id: &str) -> bool {
        self.role_at(site_id) >= Some(Role::BoardMember)
    }

    /// Whether they look after the site.
    pub(super) fn may_change(&self, site_id: &str) -> bool {
        self.role_at(site_id) >= Some(Role::Manager)
    }

    /// Whether they may charge there: a seat on the board gives no right to, and takes none.
    pub(super) fn may_charge(&self, site_id: &str) -> bool {
        let mut charging = self.roles.iter().filter(|claim| claim.role != Role::BoardMember);
        charging.any(|claim| claim.is_at(site_id))
    }

    /// Where they live at a site; of several homes the one that an outlet belongs to, if it does.
    pub(super) fn home_at(&self, site_id: &str, outlets: Option<&str>) -> Option<&str> {
        let of_site = |claim: &&RoleClaim| claim.site_id.as_deref() == Some(site_id);
        let homes = || {
            self.homes()
                .filter(of_site)
                .filter_map(|claim| claim.unit.as_deref())
        };
        homes()
            .find(|unit| Some(*unit) == outlets)
            .or_else(|| homes().next())
    }

    /// Whether there is a site that is theirs to see.
    pub(super) fn sees_sites(&self) -> bool {
        self.roles.iter().any(|claim| claim.role >= Role::BoardMember)
    }

    /// Whether there is a site that they look after.
    pub(super) fn changes_sites(&self) -> bool {
        self.roles.iter().any(|claim| claim.role >= Role::Manager)
    }

    pub(super) fn homes(&self) -> impl Iterator<Item = &RoleClaim> {
        self.roles.iter().filter(|claim| claim.role == Role::Resident)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(role: Role, site_id: Option<&str>, unit: Option<&str>) -> RoleClaim {
        RoleClaim {
            role,
            site_id: site_id.map(str::to_owned),
            unit: unit.map(str::to_owned),
        }
    }

    fn viewer(roles: Vec<RoleClaim>) -> Viewer {
        Viewer {
            person_id: "per_1".into(),
            tenant_id: "ten_1".into(),
            name: "愛子".into(),
            roles,
        }
    }

    #[test]
    fn a_role_holds_at_its_own_site_alone() {
        let viewer = viewer(vec![
            claim(Role::Manager, Some("a"), None),
            claim(Role::Resident, Some("b"), Some("203")),
            claim(Role::BoardMember, Some("c"), None),
            claim(Role::BoardMember, Some("e"), None),
            claim(Role::Resident, Some("e"), Some("204")),
        ]);
        assert!(viewer.may_change("a") && viewer.may_see("a"));
        assert!(!viewer.may_see("b") && viewer.may_charge("b"));
        assert!(viewer.may_see("c") && !viewer.may_change("c") && !viewer.may_charge("c"));
        assert!(!viewer.may_charge("d") && !viewer.may_see("d"));
        assert!(viewer.may_see("e") && !viewer.may_change("e") && viewer.may_charge("e"));
        assert_eq!(
            (viewer.home_at("b", None), viewer.home_at("a", None)),
            (Some("203"), None)
        );
    }

    #[test]
    fn of_several_homes_it_is_the_one_that_the_outlet_belongs_to() {
        let viewer = viewer(vec![
            claim(Role::Resident, Some("a"), Some("101")),
            claim(Role::Resident, Some("b"), Some("203")),
            claim(Role::Resident, Some("b"), Some("204")),
        ]);
        assert_eq!(viewer.home_at("b", Some("204")), Some("204"));
        assert_eq!(viewer.home_at("b", Some("101")), Some("203"));
        assert_eq!(viewer.home_at("a", Some("204")), Some("101"));
    }

    #[test]
    fn an_operators_role_holds_at_every_site() {
        assert!(viewer(vec![claim(Role::Operator, None, None)]).may_change("any"));
    }
}
