/** What the account's routes say, by the names that these screens use. */
import type { Answer, Body } from "../api/call";

type Item<T> = T extends { items: (infer I)[] } ? I : never;

export type Me = Answer<"/api/me", "get">;
export type Role = Me["role"];
export type Session = Item<Answer<"/api/me/sessions", "get">>;
export type Passkey = Item<Answer<"/api/me/passkeys", "get">>;
export type SecondFactor = Answer<"/api/me/second-factor", "get">;
export type ApiKey = Item<Answer<"/api/me/keys", "get">>;
export type NewKey = Body<"/api/me/keys", "post">;
export type Scope = ApiKey["scopes"][number];
export type UsageReport = Answer<"/api/me/usage", "get">;
export type UsageDay = UsageReport["days"][number];
export type UsageSum = UsageReport["totals"];
export type Quota = Item<Answer<"/api/me/quotas", "get">>;
export type Link = Answer<"/api/links/look", "post">;

/** Each may all that those after it may. */
export const ROLES: readonly Role[] = ["owner", "administrator", "builder", "member", "viewer"];
export const SCOPES: readonly Scope[] = ["models", "conversations", "account", "administration", "metrics"];
