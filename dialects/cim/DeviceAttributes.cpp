//===- DeviceAttributes.cpp - Device models in the IR ---------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A message is a dictionary of its fields. Its definition, plan.proto, says
// which there are, so that a new term of device models needs nothing here.
//
//===----------------------------------------------------------------------===//
#include "dialects/cim/DeviceAttributes.h"

#include "mlir/IR/Builders.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/reflection.h>

using namespace mlir;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace cim::crossbar {

static DictionaryAttr encode(Builder &builder, const Message &message) {
  const Reflection &reflection = *message.GetReflection();
  std::vector<const FieldDescriptor *> fields;
  reflection.ListFields(message, &fields);
  NamedAttrList attributes;
  for (const FieldDescriptor *field : fields) {
    Attribute value;
    if (field->is_repeated() &&
        field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      SmallVector<Attribute> list;
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        list.push_back(
            encode(builder, reflection.GetRepeatedMessage(message, field, i)));
      value = builder.getArrayAttr(list);
    } else if (field->is_repeated()) {
      auto list = reflection.GetRepeatedFieldRef<double>(message, field);
      value = builder.getDenseF64ArrayAttr(
          SmallVector<double>(list.begin(), list.end()));
    } else {
      switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_DOUBLE:
        value = builder.getF64FloatAttr(reflection.GetDouble(message, field));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        value = builder.getI64IntegerAttr(reflection.GetUInt32(message, field));
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        value = builder.getBoolAttr(reflection.GetBool(message, field));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        value = builder.getStringAttr(reflection.GetString(message, field));
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        value = encode(builder, reflection.GetMessage(message, field));
        break;
      default:
        llvm_unreachable("a device model has fields of no other type");
      }
    }
    attributes.append(field->name(), value);
  }
  return attributes.getDictionary(builder.getContext());
}

/// Sets the fields of \p message, whose names begin with \p path. Returns what
/// is wrong with the first one that it cannot set, or nothing.
static std::string decode(DictionaryAttr dictionary, const std::string &path,
                          Message &message) {
  const Reflection &reflection = *message.GetReflection();
  for (NamedAttribute entry : dictionary) {
    const std::string name = path + entry.getName().str();
    auto expects = [&](const std::string &type) {
      return "field '" + name + "' of its model expects " + type;
    };
    const FieldDescriptor *field =
        message.GetDescriptor()->FindFieldByName(entry.getName().str());
    if (!field)
      return "its model has a field '" + name +
             "', which device models do not have (docs/devices.md)";
    Attribute value = entry.getValue();
    bool isMessage = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->is_repeated() && isMessage) {
      auto list = dyn_cast<ArrayAttr>(value);
      if (!list)
        return expects("a list of dictionaries");
      for (auto [i, item] : llvm::enumerate(list)) {
        auto fields = dyn_cast<DictionaryAttr>(item);
        if (!fields)
          return expects("a list of dictionaries");
        const std::string problem =
            decode(fields, name + "[" + std::to_string(i) + "].",
                   *reflection.AddMessage(&message, field));
        if (!problem.empty())
          return problem;
      }
    } else if (field->is_repeated()) {
      auto list = dyn_cast<DenseF64ArrayAttr>(value);
      if (!list)
        return expects("array<f64: ...>");
      for (double number : list.asArrayRef())
        reflection.AddDouble(&message, field, number);
    } else if (isMessage) {
      auto fields = dyn_cast<DictionaryAttr>(value);
      if (!fields)
        return expects("a dictionary");
      const std::string problem = decode(
          fields, name + ".", *reflection.MutableMessage(&message, field));
      if (!problem.empty())
        return problem;
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      auto number = dyn_cast<FloatAttr>(value);
      if (!number)
        return expects("a number of type f64");
      reflection.SetDouble(&message, field, number.getValueAsDouble());
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      auto flag = dyn_cast<BoolAttr>(value);
      if (!flag)
        return expects("true or false");
      reflection.SetBool(&message, field, flag.getValue());
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      auto number = dyn_cast<IntegerAttr>(value);
      if (!number || !number.getType().isSignlessInteger(64) ||
          number.getInt() < 0 || number.getInt() > UINT32_MAX)
        return expects("a number of type i64 from 0 to 2^32 - 1");
      reflection.SetUInt32(&message, field, uint32_t(number.getInt()));
    } else {
      auto text = dyn_cast<StringAttr>(value);
      if (!text)
        return expects("a text");
      reflection.SetString(&message, field, text.str());
    }
  }
  return {};
}

DictionaryAttr encodeDevice(MLIRContext *context, const plan::Device &device) {
  plan::Device model = device;
  model.clear_name();
  model.clear_time();
  model.clear_forced();
  Builder builder(context);
  return encode(builder, model);
}

FailureOr<plan::Device> decodeDevice(DeviceOp operation) {
  plan::Device device;
  auto fail = [&](const std::string &problem) {
    return operation.emitOpError()
           << "in layer '" << operation->getParentOfType<LayerOp>().getSymName()
           << "' has device '" << operation.getDevice() << "': " << problem;
  };
  // They would be overwritten below.
  for (auto [name, place] : {std::pair("name", "before it"),
                             {"time", "with at SECONDS"},
                             {"forced", "with force"}})
    if (operation.getModel().contains(name))
      return fail("its model has a field '" + std::string(name) +
                  "', which cim.device says itself, " + place);
  const std::string problem = decode(operation.getModel(), "", device);
  if (!problem.empty())
    return fail(problem);
  device.set_name(operation.getDevice().str());
  device.set_forced(operation.getForce());
  if (operation.getTime())
    device.set_time(operation.getTime()->convertToDouble());
  return device;
}

} // namespace cim::crossbar
