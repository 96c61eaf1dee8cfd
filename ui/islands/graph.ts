// The entry of the lineage graph.

import { RiversGraph } from "./graph/element";

if (customElements.get("rivers-graph") === undefined) customElements.define("rivers-graph", RiversGraph);
