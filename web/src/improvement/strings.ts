/** The words of the closed loop. */
import { addStrings } from "../i18n/add";
import en from "./strings.en.json";
import fr from "./strings.fr.json";

addStrings("improvement", en, fr);
