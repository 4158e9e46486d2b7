/** Where the frame that draws diagrams is; `scripts/diagram.ts` makes it. */
declare module "virtual:diagram-frame" {
  const address: string;
  export default address;
}
