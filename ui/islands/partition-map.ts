// The entry of the partition map.

import { RiversPartitionMap } from "./partition-map/element";

if (customElements.get("rivers-partition-map") === undefined) customElements.define("rivers-partition-map", RiversPartitionMap);
