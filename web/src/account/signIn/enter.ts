/** What follows a sign-in that worked: the page knows the person and their language, and goes to the conversations. */
import { go } from "../../shell/router";
import { prefer } from "../../state/preferences";
import { type SessionState, setSession } from "../../state/session";

/** Takes the server's answer; when a second factor is still asked for, the sign-in screen does so. */
export function enter(state: SessionState): void {
  if (state.me?.language) prefer({ language: state.me.language });
  setSession(state);
  if (state.state === "signed_in") go("#/", true);
}
