/** The words of the runs. */
import { addStrings } from "../i18n/add";
import en from "./strings.en.json";
import fr from "./strings.fr.json";

addStrings("runs", en, fr);
