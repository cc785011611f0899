// Prints the types of Stripe's npm package as JSON Schemas: node schema.js <folder of the package>
//
// {definitions, objects: {<object>: schema}, events: {<type>: schema}, parameters: {<endpoint>: schema}}. Objects allow
// no members that the types do not have. In `parameters` numbers and booleans are texts, as forms have them.
"use strict";
const { createRequire } = require("node:module");
const path = require("node:path");

const stripe = path.resolve(process.argv[2]);
const ts = createRequire(path.join(stripe, "package.json"))("typescript");
const resources = path.join(stripe, "esm", "resources");

const OBJECTS = {
  payment_intent: ["PaymentIntents", "PaymentIntent"],
  charge: ["Charges", "Charge"],
  refund: ["Refunds", "Refund"],
  dispute: ["Disputes", "Dispute"],
  "checkout.session": ["Checkout/Sessions", "Session"],
  "radar.early_fraud_warning": ["Radar/EarlyFraudWarnings", "EarlyFraudWarning"],
  review: ["Reviews", "Review"],
};

const PARAMETERS = {
  "POST payment_intents": ["PaymentIntents", "PaymentIntentCreateParams"],
  "GET payment_intents": ["PaymentIntents", "PaymentIntentListParams"],
  "GET payment_intents/*": ["PaymentIntents", "PaymentIntentRetrieveParams"],
  "POST payment_intents/*": ["PaymentIntents", "PaymentIntentUpdateParams"],
  "POST payment_intents/*/confirm": ["PaymentIntents", "PaymentIntentConfirmParams"],
  "POST payment_intents/*/capture": ["PaymentIntents", "PaymentIntentCaptureParams"],
  "POST payment_intents/*/cancel": ["PaymentIntents", "PaymentIntentCancelParams"],
  "POST refunds": ["Refunds", "RefundCreateParams"],
  "GET refunds": ["Refunds", "RefundListParams"],
  "GET refunds/*": ["Refunds", "RefundRetrieveParams"],
  "POST refunds/*": ["Refunds", "RefundUpdateParams"],
  "GET charges/*": ["Charges", "ChargeRetrieveParams"],
  "POST checkout/sessions": ["Checkout/Sessions", "Checkout.SessionCreateParams"],
  "GET checkout/sessions/*": ["Checkout/Sessions", "Checkout.SessionRetrieveParams"],
  "POST checkout/sessions/*/expire": ["Checkout/Sessions", "Checkout.SessionExpireParams"],
  "GET disputes": ["Disputes", "DisputeListParams"],
  "GET disputes/*": ["Disputes", "DisputeRetrieveParams"],
  "POST disputes/*": ["Disputes", "DisputeUpdateParams"],
  "GET radar/early_fraud_warnings/*": ["Radar/EarlyFraudWarnings", "Radar.EarlyFraudWarningRetrieveParams"],
  "GET reviews/*": ["Reviews", "ReviewRetrieveParams"],
  "GET events": ["Events", "EventListParams"],
  "GET events/*": ["Events", "EventRetrieveParams"],
};

const THIN = ["V2/Core/Events", "EventNotification"];

const fileOf = (name) => path.join(resources, `${name}.d.ts`);
const names = [...Object.values(OBJECTS), ...Object.values(PARAMETERS), ["Events", "Event"], THIN];
const options = { strict: true, noEmit: true, skipLibCheck: true, target: 99, module: 99, moduleResolution: 2 };
const program = ts.createProgram([...new Set(names.map(([file]) => fileOf(file)))], options);
const checker = program.getTypeChecker();
const definitions = {};

/** The declared type of an export such as `Refund`, or `Radar.EarlyFraudWarningRetrieveParams` in a namespace. */
function declared([file, name]) {
  let symbol = checker.getSymbolAtLocation(program.getSourceFile(fileOf(file)));
  for (const part of name.split(".")) {
    symbol = checker.getExportsOfModule(symbol).find((member) => member.name === part);
    if (!symbol) throw new Error(`${file} has no ${name}`);
  }
  return checker.getDeclaredTypeOfSymbol(symbol);
}

const own = new Set(Object.values(OBJECTS).map((name) => declared(name).symbol));
const has = (type, flag) => (type.flags & flag) !== 0;
const NOTHING = ts.TypeFlags.Undefined | ts.TypeFlags.Void;
const isAnyText = (type) => has(type, ts.TypeFlags.String) || has(type, ts.TypeFlags.Intersection);

/** The schema of a type; `form` if values are texts. */
function schema(type, form) {
  if (has(type, ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
  if (has(type, ts.TypeFlags.Null)) return { type: "null" };
  if (has(type, NOTHING)) return false;
  if (has(type, ts.TypeFlags.StringLiteral)) return { const: type.value };
  if (has(type, ts.TypeFlags.NumberLiteral)) return { const: form ? String(type.value) : type.value };
  if (has(type, ts.TypeFlags.BooleanLiteral)) {
    const value = checker.typeToString(type);
    return { const: form ? value : value === "true" };
  }
  if (has(type, ts.TypeFlags.Number)) return form ? { type: "string", pattern: "^-?[0-9]+$" } : { type: "number" };
  if (isAnyText(type)) return { type: "string" };
  if (type.isUnion()) return union(type, form);
  if (checker.isArrayType(type)) return { type: "array", items: schema(checker.getTypeArguments(type)[0], form) };
  if (has(type, ts.TypeFlags.Object)) return object(type, form);
  throw new Error(`no schema for ${checker.typeToString(type)}`);
}

/** Texts with known values are those values: the types say that there may be others some day. */
function union(type, form) {
  let parts = type.types.filter((part) => !has(part, NOTHING));
  if (parts.some((part) => has(part, ts.TypeFlags.StringLiteral))) {
    parts = parts.filter((part) => !has(part, ts.TypeFlags.Intersection));
  }
  // Expandable: an id, or one of the objects above.
  if (!form && parts.some(isAnyText)) {
    parts = parts.filter((part) => !has(part, ts.TypeFlags.Object) || own.has(part.symbol));
  }
  const schemas = parts.map((part) => schema(part, form));
  const values = schemas.filter((part) => "const" in part).map((part) => part.const);
  const others = schemas.filter((part) => !("const" in part));
  if (values.length > 0) others.push({ enum: values });
  if (others.length === 0) return false;
  return others.length === 1 ? others[0] : { anyOf: others };
}

function object(type, form) {
  const key = `${form ? "form " : ""}${type.id} ${type.symbol.name}`.replace(/[^A-Za-z0-9]/g, "_");
  if (!(key in definitions)) {
    const result = (definitions[key] = { type: "object", properties: {}, required: [] });
    for (const member of checker.getPropertiesOfType(type)) {
      const of = checker.getTypeOfSymbol(member);
      if (of.getCallSignatures().length > 0) continue;
      result.properties[member.name] = schema(of, form);
      const isDeprecated = member.getJsDocTags(checker).some((tag) => tag.name === "deprecated");
      if (isDeprecated) result.properties[member.name] = { allOf: [result.properties[member.name]], deprecated: true };
      if (!has(member, ts.SymbolFlags.Optional)) result.required.push(member.name);
    }
    const [index] = checker.getIndexInfosOfType(type);
    result.additionalProperties = index ? schema(index.type, form) : false;
  }
  return { $ref: `#/definitions/${key}` };
}

/** Of the events about the objects above, snapshots and thin ones. */
function events() {
  const member = (of, name) => checker.getTypeOfSymbol(checker.getPropertyOfType(of, name));
  const found = {};
  for (const event of declared(["Events", "Event"]).types) {
    const about = member(member(event, "data"), "object");
    if (own.has(about.symbol)) found[member(event, "type").value] = schema(event, false);
  }
  for (const event of declared(THIN).types) {
    const type = member(event, "type").value;
    if (type.startsWith("v1.") && type.slice(3) in found) found[type] = schema(event, false);
  }
  return found;
}

const each = (entries, form) =>
  Object.fromEntries(Object.entries(entries).map(([key, name]) => [key, schema(declared(name), form)]));
const result = { objects: each(OBJECTS, false), events: events(), parameters: each(PARAMETERS, true), definitions };
process.stdout.write(JSON.stringify(result));
