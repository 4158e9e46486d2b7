/** Entry of the page: mounts the application into `index.html`. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./shell/App";
import { install } from "./shell/install";
import "./design/index.css";
import "./shell/shell.css";
import "./sidebar/sidebar.css";
import "./conversation/conversation.css";
import "./conversation/composer.css";
import "./i18n";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
install();
