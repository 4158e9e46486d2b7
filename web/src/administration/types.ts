/** What the administration's routes say, by the names that these screens use. */
import type { Answer, Body } from "../api/call";

type Item<T> = T extends { items: (infer I)[] } ? I : never;

export type Person = Item<Answer<"/api/admin/people", "get">>;
export type Invitation = Item<Answer<"/api/admin/invitations", "get">>;
export type Group = Item<Answer<"/api/admin/groups", "get">>;
export type Permission = Item<Answer<"/api/admin/permissions", "get">>;
export type Price = Item<Answer<"/api/admin/prices", "get">>;
export type KeyOfPerson = Item<Answer<"/api/admin/keys", "get">>;
export type Application = Item<Answer<"/api/admin/applications", "get">>;
export type NewQuota = Body<"/api/admin/quotas", "post">;
export type UsageOfAll = Answer<"/api/admin/usage", "get">;
export type AuditEntry = Item<Answer<"/api/admin/audit", "get">>;
export type Verified = Answer<"/api/admin/audit/verify", "get">;
export type Setting = Item<Answer<"/api/admin/settings", "get">>;
export type Job = Item<Answer<"/api/jobs", "get">>;
export type JobLine = Item<Answer<"/api/jobs/{job_id}/log", "get">>;
/** Something by its id and what people call it. */
export interface Named {
  id: string;
  name: string;
}
