"""Work that outlives a request, and the server: durable jobs in a process of their own.

Comes in: a kind's name and its parameters, from a route, a command or the schedule; each kind's file.
Goes out: jobs with state, progress, log and result; a worker process that goes on from the last finished step.
Read first: `contract.py`, then `store.py`.
"""
