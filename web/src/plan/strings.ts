/** The words of the plan. */
import { addStrings } from "../i18n/add";
import en from "./strings.en.json";
import fr from "./strings.fr.json";

addStrings("plan", en, fr);
