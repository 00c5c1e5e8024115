//! Roles, and what follows from them.

pub(crate) use api_spec::token::Role;
use api_spec::token::{RoleClaim, Scope, Scopes};

fn scopes(role: Role) -> Scopes {
    match role {
        Role::Operator => Scopes::all(),
        Role::Manager => Scope::API
            .into_iter()
            .filter(|scope| {
                !matches!(
                    scope,
                    // Of the whole tenant, not of sites.
                    Scope::WebhooksRead | Scope::WebhooksWrite | Scope::AuditRead
                )
            })
            .collect(),
        Role::BoardMember => [
            Scope::SitesRead,
            Scope::OutletsRead,
            Scope::SessionsRead,
            Scope::EventsRead,
        ]
        .into_iter()
        .collect(),
        Role::Resident => [Scope::OutletsRead, Scope::SessionsRead, Scope::SessionsWrite]
            .into_iter()
            .collect(),
    }
}

/// A role and where it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleAt {
    pub(crate) role: Role,
    pub(crate) tenant_id: String,
    /// Empty: at every site of the tenant.
    pub(crate) site_id: String,
    /// Empty: of no unit in particular.
    pub(crate) unit: String,
    /// What people call the site, as whoever invited has told; for pages alone.
    pub(crate) site_name: String,
}

/// Whether who has these roles may invite somebody to `other`.
pub(crate) fn may_invite(roles: &[RoleAt], other: &RoleAt) -> bool {
    roles.iter().any(|role| role.may_invite(other))
}

impl RoleAt {
    /// Whether who has this role may invite somebody to `other`: a lower one, at a site of their own.
    fn may_invite(&self, other: &Self) -> bool {
        let is_above = self.role > other.role || self.role == Role::Operator;
        let is_there = self.site_id.is_empty() || self.site_id == other.site_id;
        let may_change = self.role >= Role::Manager;
        is_above && may_change && self.tenant_id == other.tenant_id && is_there
    }

    /// What the site is called, or else its id.
    pub(crate) fn site(&self) -> &str {
        match self.site_name.is_empty() {
            true => &self.site_id,
            false => &self.site_name,
        }
    }

    /// As tokens tell it.
    pub(crate) fn claim(&self) -> RoleClaim {
        let told = |text: &String| (!text.is_empty()).then(|| text.clone());
        RoleClaim {
            role: self.role,
            site_id: told(&self.site_id),
            unit: told(&self.unit),
        }
    }
}

/// What a person may ask the API for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) scopes: Scopes,
    /// Only these; `None` is every site of the tenant.
    pub(crate) sites: Option<Vec<String>>,
    /// All of them in the tenant, the highest first.
    pub(crate) roles: Vec<RoleClaim>,
}

impl Rights {
    /// Who somebody is they may always tell; what they may do is up to their roles.
    pub(crate) fn within(&self, asked: &Scopes) -> Scopes {
        let is_theirs = |scope: &Scope| Scope::IDENTITY.contains(scope) || self.scopes.contains(*scope);
        asked.iter().filter(is_theirs).collect()
    }
}

/// By the highest of the roles in a tenant alone, because rights of a lower one hold at other sites.
pub(crate) fn rights(roles: &[RoleAt], tenant_id: &str) -> Option<Rights> {
    let there = || roles.iter().filter(|at| at.tenant_id == tenant_id);
    let role = there().map(|at| at.role).max()?;
    let sites = there().filter(|at| at.role == role).map(|at| at.site_id.clone());
    let mut sites: Vec<String> = sites.collect();
    sites.sort();
    sites.dedup();
    let mut roles: Vec<RoleClaim> = there().map(RoleAt::claim).collect();
    roles.sort_by_key(|claim| std::cmp::Reverse(claim.role));
    Some(Rights {
        roles,
        scopes: scopes(role),
        sites: (!sites.contains(&String::new())).then_some(sites),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(role: Role, site_id: &str) -> RoleAt {
        RoleAt {
            role,
            tenant_id: "ten_a".into(),
            site_id: site_id.into(),
            unit: String::new(),
            site_name: String::new(),
        }
    }

    #[test]
    fn the_highest_role_counts_and_no_site_of_a_lower_one() {
        let roles = [
            at(Role::Manager, "b"),
            at(Role::Resident, "c"),
            at(Role::Manager, "a"),
        ];
        let manager = rights(&roles, "ten_a").unwrap();
        assert_eq!(manager.sites, Some(vec!["a".into(), "b".into()]));
        assert!(manager.scopes.contains(Scope::SitesWrite) && !manager.scopes.contains(Scope::WebhooksWrite));
        assert_eq!(rights(&[at(Role::Operator, "")], "ten_a").unwrap().sites, None);
        assert_eq!((rights(&roles, "ten_b"), rights(&[], "ten_a")), (None, None));
    }

    #[test]
    fn each_role_opens_what_is_its_own_and_none_what_is_of_all_tenants() {
        let opens = |role: Role| scopes(role).to_string();
        assert_eq!(
            opens(Role::Operator),
            "sites:read sites:write outlets:read outlets:write sessions:read sessions:write events:read webhooks:read \
             webhooks:write audit:read"
        );
        assert_eq!(
            opens(Role::Manager),
            "sites:read sites:write outlets:read outlets:write sessions:read sessions:write events:read"
        );
        assert_eq!(
            opens(Role::BoardMember),
            "sites:read outlets:read sessions:read events:read"
        );
        assert_eq!(opens(Role::Resident), "outlets:read sessions:read sessions:write");
    }

    #[test]
    fn one_invites_below_oneself_and_at_home_and_operators_invite_operators() {
        let operator = at(Role::Operator, "");
        let manager = at(Role::Manager, "a");
        assert!(operator.may_invite(&operator) && operator.may_invite(&manager));
        assert!(manager.may_invite(&at(Role::Resident, "a")));
        assert!(
            !manager.may_invite(&at(Role::Resident, "b")) && !manager.may_invite(&at(Role::Resident, ""))
        );
        assert!(!manager.may_invite(&manager) && !manager.may_invite(&operator));
        assert!(!at(Role::Resident, "a").may_invite(&at(Role::Resident, "a")));
        let board_member = at(Role::BoardMember, "a");
        assert!(manager.may_invite(&board_member) && !board_member.may_invite(&at(Role::Resident, "a")));
        let elsewhere = RoleAt {
            tenant_id: "ten_b".into(),
            ..at(Role::Resident, "a")
        };
        assert!(!operator.may_invite(&elsewhere));
    }
}
