/** The words of sign-in and account; the administration uses those of what both draw. */
import { addStrings } from "../i18n/add";
import en from "./strings.en.json";
import fr from "./strings.fr.json";

addStrings("account", en, fr);
