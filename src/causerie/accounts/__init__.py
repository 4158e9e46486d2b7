"""accounts: who asks, what they may, what they use, and what was done.

Comes in: passwords, passkeys, codes, keys, sign-ins of an OIDC provider; what each answer cost.
Goes out: a `Caller` for each request, refusals with their reason, usage, and an audit log that shows tampering.
Read first: `identity.py`, then `doorkeeper.py`.
"""
