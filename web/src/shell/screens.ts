/** The screens beside the conversation, each loaded when its address is opened. */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";

interface Screen {
  draw: LazyExoticComponent<ComponentType>;
  /** Stands alone in the window, without the sidebar: nobody needs to have signed in. */
  alone?: boolean;
}

const signIn: Screen = { draw: lazy(() => import("../account/SignInScreen")), alone: true };
const link: Screen = { draw: lazy(() => import("../account/LinkScreen")), alone: true };

/** By the first part of the address; what is not here is the conversation. */
export const SCREENS: Readonly<Record<string, Screen | undefined>> = {
  account: { draw: lazy(() => import("../account/AccountScreen")) },
  administration: { draw: lazy(() => import("../administration/AdministrationScreen")) },
  runs: { draw: lazy(() => import("../runs/RunsScreen")) },
  plan: { draw: lazy(() => import("../plan/PlanScreen")) },
  evaluations: { draw: lazy(() => import("../evaluations/EvaluationsScreen")) },
  releases: { draw: lazy(() => import("../releases/ReleasesScreen")) },
  improvement: { draw: lazy(() => import("../improvement/ImprovementScreen")) },
  shared: { draw: lazy(() => import("../shared/SharedScreen")), alone: true },
  setup: link, invitation: link, reset: link,
  "sign-in": signIn, "sign-in-error": signIn,
};
