/** Strings of a screen that is loaded when it is opened: they come with it, under a name of their own. */
import i18next from "i18next";

/**
 * Adds the strings of one screen, in both languages. Called at the top of the module that the screen is loaded by.
 *
 * `addStrings("account", en, fr)` makes `t("account.title")` of `{ "title": … }`.
 */
export function addStrings(name: string, en: object, fr: object): void {
  i18next.addResourceBundle("en", "translation", { [name]: en }, true, true);
  i18next.addResourceBundle("fr", "translation", { [name]: fr }, true, true);
}
