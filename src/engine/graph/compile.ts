/**
 * From a recording to a graph that keeps its state: state tensors become resource variables inside the session, read at
 * the beginning of a run and assigned at its end; inputs become placeholders; what nothing needs is left out.
 *
 * Names: `state_i` reads variable i, `state_i_set` assigns it from its feed, `input_i` is fed, `out_i` is fetched, and so
 * is `done`, which waits for every assignment.
 */
import type { OpAttribute } from '../bfloat16';
import { EngineError } from '../engine';
import { GraphBuilder, typeNumber } from './graph-def';
import type { Attribute, NodeSink } from './graph-def';
import { outputName } from './output-names';
import type { CallNode, ConstantNode, Flow, OperationNode, RecordedNode, Recording } from './recording';

/** The kinds of attributes, by the binding's numbers. */
export interface AttributeKinds { readonly TF_ATTR_STRING: number; readonly TF_ATTR_INT: number; readonly TF_ATTR_FLOAT: number; readonly TF_ATTR_BOOL: number; readonly TF_ATTR_TYPE: number; readonly TF_ATTR_SHAPE: number }

/** What is to be compiled. */
export interface Compilation {
  readonly recording: Recording;
  /** Names of state tensors, as declared. */
  readonly state: readonly string[];
  /** Names of inputs, as declared. */
  readonly inputs: readonly string[];
  /** Results that replace state tensors: declared name -> result name. */
  readonly assignments: ReadonlyMap<string, string>;
  /** Results that are fetched. */
  readonly outputs: readonly string[];
}

/** A graph and how to talk to it. */
export interface CompiledGraph {
  readonly savedModel: Uint8Array;
  readonly nodes: number;
  /** Name of the node to feed / fetch, by declared name. */
  readonly inputNode: ReadonlyMap<string, string>;
  readonly stateNode: ReadonlyMap<string, string>;
  readonly feedNode: ReadonlyMap<string, string>;
  /** Fetching it assigns the state tensor from its feed. */
  readonly setNode: ReadonlyMap<string, string>;
  readonly outputNode: ReadonlyMap<string, string>;
}

/** Fetched with every run: it is there when all assignments are made. */
export const doneNode = 'done';

/** A value for a node that is fetched only for what must come before it. */
const nothing: Readonly<Record<string, Attribute>> = { dtype: { type: typeNumber.float32 }, value: { tensor: { dtype: 'float32', shape: [], bytes: new Uint8Array(4) } } };

/** Operations whose element type tfjs-node leaves to the eager runtime to infer, and which have none called T. */
const withoutT = new Set(['Fill', 'Cast', 'GatherV2', 'Range', 'Where', 'LogicalAnd', 'LogicalOr', 'LogicalNot', 'All', 'Any', 'GatherNd']);

function attributesOf({ op, attributes, inputs }: OperationNode, kinds: AttributeKinds): Record<string, Attribute> {
  const all: Record<string, Attribute> = {};
  for (const { name, type, value } of attributes as readonly (OpAttribute & { value: unknown })[]) {
    if (type === kinds.TF_ATTR_TYPE) all[name] = { type: value as number };
    else if (type === kinds.TF_ATTR_BOOL) all[name] = { bool: Boolean(value) };
    else if (type === kinds.TF_ATTR_INT) all[name] = Array.isArray(value) ? { ints: value as number[] } : { int: value as number };
    else if (type === kinds.TF_ATTR_FLOAT) all[name] = { float: value as number };
    else if (type === kinds.TF_ATTR_STRING) all[name] = { text: value as string };
    else if (type === kinds.TF_ATTR_SHAPE) all[name] = { shape: value as number[] };
    else throw new EngineError('failed', `The step cannot be compiled: attribute ${name} of operation ${op} is of a kind (${type}) that graphs are not written with.`, 'Use --engine wasm, and report the operation.');
  }
  const [first] = inputs;
  if (!('T' in all) && !withoutT.has(op) && first) all['T'] = { type: typeNumber[first.dtype] };
  return all;
}

/** Writes the nodes that functions have, too: constants, operations and calls. */
class Writer {
  private readonly functions = new Map<Recording, string>();

  constructor(private readonly graph: GraphBuilder, private readonly kinds: AttributeKinds) {}

  /** Adds node `i` to `sink`; `name` says how inputs are named there, `wait` how a node is that is only waited for. Returns its name. */
  write(sink: NodeSink, i: number, node: ConstantNode | OperationNode | CallNode, name: (flow: Flow) => string, wait: (flow: Flow) => string): string {
    switch (node.kind) {
      case 'constant':
        return sink.add(`n${i}_Const`, 'Const', [], { dtype: { type: typeNumber[node.dtype] }, value: { tensor: node } });
      case 'operation':
        return sink.add(`n${i}_${node.op}`, node.op, node.inputs.map(name), attributesOf(node, this.kinds));
      case 'call': {
        const { body, inputs, after, fused } = node;
        return sink.add(`n${i}_${callOperation}`, callOperation, [...inputs.map(name), ...new Set(after.map(wait))], {
          Tin: { types: inputs.map(({ dtype }) => typeNumber[dtype]) }, Tout: { types: Object.values(body.results).map(({ dtype }) => typeNumber[dtype]) }, f: { function: this.functionOf(body) }, config_proto: { text: preparedOnce }, ...(fused ? { _XlaMustCompile: { bool: true } } : {}),
        });
      }
    }
  }

  /** The name of the function with this body, which is written once. */
  private functionOf(body: Recording): string {
    const known = this.functions.get(body);
    if (known !== undefined) return known;
    const name = `function_${this.functions.size}`;
    this.functions.set(body, name);
    const { nodes } = body;
    const needed = neededNodes(body, Object.keys(body.results));
    const given: { name: string; type: number }[] = [];
    const names: string[] = new Array<string>(nodes.length);
    const source = ({ node, index }: Flow): string => {
      const from = nodes[node]!;
      return from.kind === 'argument' ? names[node]! : `${names[node]!}:${outputName(operationOf(from), index)}`;
    };
    this.graph.addFunction(sink => {
      nodes.forEach((node, i) => {
        if (node.kind === 'argument') {
          names[i] = `argument_${given.length}`;
          given.push({ name: names[i], type: typeNumber[node.dtype] });
        } else if (node.kind === 'declared') {
          throw new EngineError('failed', `The step cannot be compiled: ${node.role} "${node.name}" is declared inside of a function.`, 'This is an error of the recorder; please report it.');
        } else if (needed.has(i)) {
          names[i] = this.write(sink, i, node, source, ({ node }) => `^${names[node]!}`);
        }
      });
      return { name, arguments: given, results: Object.values(body.results).map((flow, i) => ({ name: `result_${i}`, type: typeNumber[flow.dtype], from: source(flow) })) };
    });
    return name;
  }
}

/** TensorFlow's operation that calls a function without side effects. */
const callOperation = 'PartitionedCall';

/** A ConfigProto with graph_options.rewrite_options.meta_optimizer_iterations = ONE: the second round of two finds next to nothing. */
const preparedOnce = 'R\x04R\x02`\x01';

/** The TensorFlow operation that a node becomes. */
const operationOf = (node: RecordedNode): string => (node.kind === 'operation' ? node.op : node.kind === 'call' ? callOperation : 'Const');

/** Writes the graph. Throws EngineError naming an operation that cannot be written. */
export function compile({ recording, state, inputs, assignments, outputs }: Compilation, kinds: AttributeKinds): CompiledGraph {
  const graph = new GraphBuilder();
  const writer = new Writer(graph, kinds);
  const names: string[] = new Array<string>(recording.nodes.length);
  const needed = neededNodes(recording, [...assignments.values(), ...outputs]);
  const maps = { inputNode: new Map<string, string>(), stateNode: new Map<string, string>(), feedNode: new Map<string, string>(), setNode: new Map<string, string>(), outputNode: new Map<string, string>() };
  const variable = new Map<string, string>();
  const name = ({ node, index }: Flow): string => (index === 0 ? names[node]! : `${names[node]!}:${index}`);

  recording.nodes.forEach((node, i) => {
    switch (node.kind) {
      case 'declared': {
        const dtype: Attribute = { type: typeNumber[node.dtype] };
        const shape: Attribute = { shape: node.shape };
        if (node.role === 'input') {
          names[i] = graph.add(`input_${inputs.indexOf(node.name)}`, 'Placeholder', [], { dtype, shape });
          maps.inputNode.set(node.name, names[i]);
          break;
        }
        const at = state.indexOf(node.name);
        const handle = graph.add(`state_${at}_variable`, 'VarHandleOp', [], { dtype, shape, container: { text: '' }, shared_name: { text: `state_${at}` } });
        names[i] = graph.add(`state_${at}`, 'ReadVariableOp', [handle], { dtype });
        const feed = graph.add(`state_${at}_feed`, 'Placeholder', [], { dtype, shape });
        const assign = graph.add(`state_${at}_assign`, 'AssignVariableOp', [handle, feed], { dtype });
        variable.set(node.name, handle);
        maps.stateNode.set(node.name, names[i]);
        maps.feedNode.set(node.name, feed);
        maps.setNode.set(node.name, graph.add(`state_${at}_set`, 'Const', [`^${assign}`], nothing));
        break;
      }
      case 'constant':
      case 'operation':
      case 'call':
        if (needed.has(i)) names[i] = writer.write(graph, i, node, name, ({ node }) => `^${names[node]!}`);
        break;
      case 'argument':
        throw new EngineError('failed', 'The step cannot be compiled: an argument stands outside of a function.', 'This is an error of the recorder; please report it.');
      default:
        node satisfies never;
    }
  });

  const result = (of: string): Flow => recording.results[of]!;
  // All or nothing: no new value takes its place before every old one was read and every result is there.
  const results = new Set([...assignments.values(), ...outputs].map(of => `^${names[result(of).node]!}`));
  const ready = graph.add('ready', 'NoOp', [...results, ...[...maps.stateNode.values()].map(read => `^${read}`)], {});
  const assigned = [...assignments].map(([declared, of]) => {
    const flow = result(of);
    return `^${graph.add(`${maps.stateNode.get(declared)!}_next`, 'AssignVariableOp', [variable.get(declared)!, name(flow), `^${ready}`], { dtype: { type: typeNumber[flow.dtype] } })}`;
  });
  const done = graph.add(doneNode, 'Const', assigned, nothing);
  outputs.forEach((of, i) => {
    const flow = result(of);
    maps.outputNode.set(of, graph.add(`out_${i}`, 'Identity', [name(flow), `^${done}`], { T: { type: typeNumber[flow.dtype] } }));
  });
  return { savedModel: graph.savedModel(), nodes: graph.size, ...maps };
}

/** The nodes that results depend on. */
function neededNodes({ nodes, results }: Recording, wanted: readonly string[]): Set<number> {
  const needed = new Set<number>();
  const stack = wanted.map(of => results[of]!.node);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (needed.has(at)) continue;
    needed.add(at);
    const node = nodes[at]!;
    if (node.kind === 'operation' || node.kind === 'call') stack.push(...node.inputs.map(input => input.node));
    if (node.kind === 'call') stack.push(...node.after.map(end => end.node));
  }
  return needed;
}
