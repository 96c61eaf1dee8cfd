// The entry of the run's Gantt chart.

import { RiversGantt } from "./gantt/element";

if (customElements.get("rivers-gantt") === undefined) customElements.define("rivers-gantt", RiversGantt);
