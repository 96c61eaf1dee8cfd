// The script of every page: it adds life to what the server rendered and is
// needed for no reading.

import { dialogs } from "./app/dialogs";
import { forms } from "./app/forms";
import { keyboard } from "./app/keys";
import { islands } from "./app/islands";
import { RiversLive } from "./app/live";
import { RiversLogs } from "./app/logs";
import { palette } from "./app/palette";
import { RiversPicker } from "./app/picker";
import { rail } from "./app/rail";
import { clock } from "./app/time";
import { RiversWait } from "./app/wait";

document.documentElement.classList.add("js");
rail();
clock();
forms();
dialogs();
palette();
keyboard();
islands();
customElements.define("rivers-logs", RiversLogs);
customElements.define("rivers-picker", RiversPicker);
customElements.define("rivers-wait", RiversWait);
customElements.define("rivers-live", RiversLive);
