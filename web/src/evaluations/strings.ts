/** The words of evaluations. */
import { addStrings } from "../i18n/add";
import en from "./strings.en.json";
import fr from "./strings.fr.json";

addStrings("evaluations", en, fr);
