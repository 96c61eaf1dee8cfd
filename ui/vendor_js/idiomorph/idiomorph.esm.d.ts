export interface MorphCallbacks {
  beforeNodeAdded?(node: Node): boolean;
  beforeNodeMorphed?(from: Node, to: Node): boolean;
  beforeNodeRemoved?(node: Node): boolean;
  beforeAttributeUpdated?(attribute: string, node: Element, kind: "update" | "remove"): boolean;
}
export const Idiomorph: {
  morph(from: Node, to: Node | string, options?: {
    morphStyle?: "outerHTML" | "innerHTML";
    ignoreActiveValue?: boolean;
    callbacks?: MorphCallbacks;
  }): Node[] | undefined;
};
