/**
 * A TensorFlow graph, node by node, written as a SavedModel: the one form of a graph that tfjs-node's binding loads. Knows
 * the wire format and nothing of what the graph computes.
 */
import pb from '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js';
import type { FlowType } from './recording';

/** TensorFlow's numbers for element types (types.proto). */
export const typeNumber = { float32: 1, int32: 3, int64: 9, bool: 10, bfloat16: 14 } as const satisfies Record<FlowType, number>;
/** An element type of the graph. */
export type GraphType = keyof typeof typeNumber;

/** A value of an attribute. */
export type Attribute =
  | { readonly type: number } | { readonly types: readonly number[] } | { readonly function: string } | { readonly bool: boolean } | { readonly int: number } | { readonly ints: readonly number[] } | { readonly float: number }
  | { readonly text: string } | { readonly shape: readonly number[] } | { readonly tensor: { readonly dtype: GraphType; readonly shape: readonly number[]; readonly bytes: Uint8Array } };

function shapeMessage(shape: readonly number[]): pb.TensorShape {
  const message = new pb.TensorShape();
  for (const extent of shape) {
    const dim = new pb.TensorShape.Dim();
    dim.setSize(extent);
    message.addDim(dim);
  }
  return message;
}

function attributeMessage(attribute: Attribute): pb.AttrValue {
  const message = new pb.AttrValue();
  if ('type' in attribute) message.setType(attribute.type);
  else if ('types' in attribute) {
    const list = new pb.AttrValue.ListValue();
    list.setTypeList([...attribute.types]);
    message.setList(list);
  } else if ('function' in attribute) {
    const named = new pb.NameAttrList();
    named.setName(attribute.function);
    message.setFunc(named);
  } else if ('bool' in attribute) message.setB(attribute.bool);
  else if ('int' in attribute) message.setI(attribute.int);
  else if ('float' in attribute) message.setF(attribute.float);
  else if ('text' in attribute) message.setS(new TextEncoder().encode(attribute.text));
  else if ('shape' in attribute) message.setShape(shapeMessage(attribute.shape));
  else if ('ints' in attribute) {
    const list = new pb.AttrValue.ListValue();
    list.setIList([...attribute.ints]);
    message.setList(list);
  } else {
    const tensor = new pb.Tensor();
    tensor.setDtype(typeNumber[attribute.tensor.dtype]);
    tensor.setTensorShape(shapeMessage(attribute.tensor.shape));
    tensor.setTensorContent(attribute.tensor.bytes);
    message.setTensor(tensor);
  }
  return message;
}

/** Where nodes are added: to a graph, or to the body of a function. */
export interface NodeSink {
  /** Adds a node; inputs are names of nodes before it. Returns its name. */
  add(name: string, op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>>): string;
}

function nodeMessage(name: string, op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>>): pb.NodeDef {
  const node = new pb.NodeDef();
  node.setName(name);
  node.setOp(op);
  node.setInputList([...inputs]);
  const map = node.getAttrMap();
  for (const [key, attribute] of Object.entries(attributes)) map.set(key, attributeMessage(attribute));
  return node;
}

/** A value that goes into a function or comes out of it. */
export interface Parameter { readonly name: string; readonly type: number }

/** The signature of a function, and where its results come from: "node:output:0", or the name of an argument. */
export interface FunctionSignature { readonly name: string; readonly arguments: readonly Parameter[]; readonly results: readonly (Parameter & { readonly from: string })[] }

/** A graph under construction. */
export class GraphBuilder implements NodeSink {
  private readonly graph = new pb.GraphDef();
  private readonly library = new pb.FunctionDefLibrary();

  /** Nodes so far. */
  size = 0;

  /** Adds a node; inputs are names of nodes before it ("n3", "n3:1", or "^n3" for order alone). Returns its name. */
  add(name: string, op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>>): string {
    this.graph.addNode(nodeMessage(name, op, inputs, attributes));
    this.size++;
    return name;
  }

  /**
   * Adds a function; `write` adds the nodes of its body and says what its signature is. Calls of it keep it as one piece: it is
   * prepared once, however often it is called, and then alone: TensorFlow leaves functions marked as those of its input pipelines to their own
   * preparation, and would prepare others along with the graph first.
   */
  addFunction(write: (body: NodeSink) => FunctionSignature): void {
    const definition = new pb.FunctionDef();
    const body: NodeSink = {
      add: (name, op, inputs, attributes) => {
        definition.addNodeDef(nodeMessage(name, op, inputs, attributes));
        this.size++;
        return name;
      },
    };
    const { name, arguments: given, results } = write(body);
    const signature = new pb.OpDef();
    signature.setName(name);
    const parameter = ({ name, type }: Parameter): pb.OpDef.ArgDef => {
      const message = new pb.OpDef.ArgDef();
      message.setName(name);
      message.setType(type);
      return message;
    };
    for (const argument of given) signature.addInputArg(parameter(argument));
    for (const result of results) {
      signature.addOutputArg(parameter(result));
      definition.getRetMap().set(result.name, result.from);
    }
    definition.setSignature(signature);
    for (const mark of ['_noinline', '_tf_data_function']) definition.getAttrMap().set(mark, attributeMessage({ bool: true }));
    this.library.addFunction(definition);
  }

  /** The graph as `saved_model.pb`. */
  savedModel(): Uint8Array {
    this.graph.setLibrary(this.library);
    const info = new pb.MetaGraphDef.MetaInfoDef();
    info.setTagsList(['serve']);
    const meta = new pb.MetaGraphDef();
    meta.setMetaInfoDef(info);
    meta.setGraphDef(this.graph);
    const model = new pb.SavedModel();
    model.setSavedModelSchemaVersion(1);
    model.setMetaGraphsList([meta]);
    return model.serializeBinary();
  }
}
