/** Plans while a slider is dragged: one question at a time, the newest next; the curves when it rests. */
import { useEffect, useRef, useState } from "react";
import { api, failureIn } from "../api/call";
import type { ApiFailure } from "../api/types";
import type { Curves, PlanAsked, Planned } from "./types";

const REST_MS = 350;

export interface Planning {
  plan: Planned | undefined;
  /** Of this plan, or of the one before it while the new ones are on their way. */
  curves: Curves | undefined;
  /** What is shown is of another plan than the one that is asked for. */
  stale: boolean;
  failure: ApiFailure | null;
}

interface State {
  plan?: Planned;
  of?: PlanAsked;
  curves?: Curves;
  curvesOf?: PlanAsked;
  failure: ApiFailure | null;
}

export function usePlanning(asked: PlanAsked): [Planning, () => void] {
  const [state, setState] = useState<State>({ failure: null });
  const wanted = useRef(asked);
  const busy = useRef(false);
  const gone = useRef(false);
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const ask = useRef(async (_: boolean): Promise<void> => undefined);
  ask.current = async (curves) => {
    if (busy.current) return;
    busy.current = true;
    clearTimeout(resting.current);
    const mine = wanted.current;
    try {
      const plan = await api.post("/api/plans", { body: { ...mine, curves } });
      if (!gone.current) setState((before) => ({ plan, of: mine, failure: null, ...(plan.curves ? { curves: plan.curves, curvesOf: mine } : { curves: before.curves, curvesOf: before.curvesOf }) }));
      if (!curves && !gone.current) resting.current = setTimeout(() => void ask.current(true), REST_MS);
    } catch (error) {
      if (!gone.current) setState((before) => ({ ...before, failure: failureIn(error) }));
    }
    busy.current = false;
    if (wanted.current !== mine && !gone.current) void ask.current(false);
  };
  useEffect(() => {
    wanted.current = asked;
    void ask.current(false);
  }, [asked]);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
      clearTimeout(resting.current);
    };
  }, []);
  const { plan, of, curves, curvesOf, failure } = state;
  return [{ plan, curves, failure, stale: of !== asked || curvesOf !== asked }, () => void ask.current(false)];
}
