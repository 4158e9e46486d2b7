/** The words of the dialogs that are loaded when they are opened: sharing, the library, a person's data. */
import { addStrings } from "../i18n/add";
import en from "./strings.en.json";
import fr from "./strings.fr.json";

for (const name of Object.keys(en) as (keyof typeof en)[]) addStrings(name, en[name], fr[name]);
