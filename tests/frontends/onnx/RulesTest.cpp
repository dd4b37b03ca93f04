//===- RulesTest.cpp - One operator at a time -----------------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Networks of one node whose operands are all constant: importing computes
// their result. ONNX's own cases (ConformanceTest) cover operators; these cover
// what changed from opset to opset, and the corners of the rules
// (DataRulesTest: those that compute nothing but move data).
//
//===----------------------------------------------------------------------===//
#include "frontends/onnx/Operators.h"
#include "tests/frontends/onnx/OneNode.h"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>

using namespace cim;
using namespace cim::test;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Pointwise;

namespace {

using A = Attributes;

auto near(std::vector<double> expected) {
  return Pointwise(testing::DoubleNear(1e-5), expected);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

TEST(OnnxRules, AddAlignedToAnAxis) {
  // Before opset 7: b is aligned to dimension 1 of a.
  auto aligned = [](A &a) { a.integer("broadcast", 1).integer("axis", 1); };
  EXPECT_THAT(OneNode("Add", 6)
                  .numbers({1, 2, 2}, {0, 0, 0, 0})
                  .numbers({2}, {10, 20})
                  .with(aligned)
                  .values(),
              ElementsAre(10, 10, 20, 20));
  EXPECT_THAT(OneNode("Add", 6)
                  .numbers({1, 2, 2}, {0, 0, 0, 0})
                  .numbers({2}, {10, 20})
                  .with([](A &a) { a.integer("broadcast", 1); })
                  .values(),
              ElementsAre(10, 20, 10, 20));
  EXPECT_THAT(OneNode("Add", 7)
                  .numbers({2, 2}, {0, 0, 0, 0})
                  .numbers({2}, {10, 20})
                  .with(aligned)
                  .error(),
              HasSubstr("'broadcast'"));
}

TEST(OnnxRules, ExtremaAndMeansOfMany) {
  auto three = [](const char *type) {
    return OneNode(type, 13)
        .numbers({2}, {1, 5})
        .numbers({2}, {2, 4})
        .numbers({}, {3})
        .values();
  };
  EXPECT_THAT(three("Max"), ElementsAre(3, 5));
  EXPECT_THAT(three("Min"), ElementsAre(1, 3));
  EXPECT_THAT(three("Sum"), ElementsAre(6, 12));
  EXPECT_THAT(three("Mean"), ElementsAre(2, 4));
}

TEST(OnnxRules, PowerOfMixedTypes) {
  EXPECT_THAT(OneNode("Pow", 13).numbers({2}, {2, 3}).list({3, 2}).values(),
              ElementsAre(8, 9));
  EXPECT_THAT(OneNode("Pow", 13).list({4, 9}).numbers({}, {0.5}).values(),
              ElementsAre(2, 3));
}

TEST(OnnxRules, IntegerArithmetic) {
  EXPECT_THAT(
      OneNode("Div", 13).list({7, -7, 7, -7}).list({2, 2, -2, -2}).values(),
      ElementsAre(3, -3, -3, 3));
  EXPECT_THAT(
      OneNode("Mod", 13).list({7, -7, 7, -7}).list({4, 4, -4, -4}).values(),
      ElementsAre(3, 1, -1, -3));
  EXPECT_THAT(OneNode("Mod", 13)
                  .list({7, -7, 7, -7})
                  .list({4, 4, -4, -4})
                  .with([](A &a) { a.integer("fmod", 1); })
                  .values(),
              ElementsAre(3, -3, 3, -3));
  EXPECT_THAT(OneNode("Div", 13).list({1}).list({0}).error(), "");
}

TEST(OnnxRules, ClipByAttributesAndOperands) {
  auto x = [](int64_t opset) {
    return OneNode("Clip", opset).numbers({3}, {-9, 0.5, 9});
  };
  EXPECT_THAT(
      x(6).with([](A &a) { a.number("min", -1).number("max", 1); }).values(),
      ElementsAre(-1, 0.5, 1));
  EXPECT_THAT(x(6).with([](A &a) { a.number("max", 6); }).values(),
              ElementsAre(-9, 0.5, 6));
  EXPECT_THAT(x(13).numbers({}, {0}).values(), ElementsAre(0, 0.5, 9));
  EXPECT_THAT(x(13).leaveOut().numbers({}, {6}).values(),
              ElementsAre(-9, 0.5, 6));
  EXPECT_THAT(x(13).values(), ElementsAre(-9, 0.5, 9));
  EXPECT_THAT(OneNode("Clip", 13).list({-9, 0, 9}).integers({}, {-1}).values(),
              ElementsAre(-1, 0, 9));
}

TEST(OnnxRules, ClipByComputedBounds) {
  ModelBuilder model;
  model.input("x", {-1, 3}).input("low", {}).output("y");
  model.node("Clip", {"x", "low"}, {"y"});
  EXPECT_THAT(importModel(model).text(), HasSubstr("nn.max"));
}

TEST(OnnxRules, Activations) {
  std::vector<float> x{-2, -0.5, 0, 0.5, 2};
  auto of = [&](const char *type) {
    return OneNode(type, 22).numbers({5}, x).values();
  };
  auto expected = [&](auto function) {
    std::vector<double> y;
    for (double value : x)
      y.push_back(function(value));
    return near(y);
  };
  auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  auto softplus = [](double v) { return std::log(1 + std::exp(v)); };
  EXPECT_THAT(of("Elu"),
              expected([](double v) { return v < 0 ? std::expm1(v) : v; }));
  EXPECT_THAT(of("Selu"), expected([](double v) {
                return 1.0507010 * (v < 0 ? 1.6732632 * std::expm1(v) : v);
              }));
  EXPECT_THAT(of("Softplus"), expected(softplus));
  EXPECT_THAT(of("Softsign"),
              expected([](double v) { return v / (1 + std::abs(v)); }));
  EXPECT_THAT(of("Mish"),
              expected([&](double v) { return v * std::tanh(softplus(v)); }));
  EXPECT_THAT(of("HardSigmoid"), expected([](double v) {
                return std::clamp(0.2 * v + 0.5, 0., 1.);
              }));
  EXPECT_THAT(of("HardSwish"), expected([](double v) {
                return v * std::clamp(v / 6 + 0.5, 0., 1.);
              }));
  EXPECT_THAT(of("Gelu"), expected([](double v) {
                return v / 2 * (1 + std::erf(v / std::sqrt(2)));
              }));
  EXPECT_THAT(of("Sigmoid"), expected(sigmoid));
  EXPECT_THAT(of("Sign"), expected([](double v) { return (v > 0) - (v < 0); }));
  EXPECT_THAT(of("LeakyRelu"),
              expected([](double v) { return v < 0 ? 0.01 * v : v; }));
  EXPECT_THAT(of("ThresholdedRelu"),
              expected([](double v) { return v > 1 ? v : 0; }));
  EXPECT_THAT(OneNode("Softplus", 13).numbers({2}, {1000, -1000}).values(),
              near({1000, 0}));
  EXPECT_THAT(OneNode("Swish", 24)
                  .numbers({1}, {2})
                  .with([](A &a) { a.number("alpha", 0.5); })
                  .values(),
              near({2 * sigmoid(1)}));
}

TEST(OnnxRules, PReluPerChannel) {
  auto prelu = [](int64_t opset, const Shape &slope) {
    return OneNode("PRelu", opset)
        .numbers({1, 2, 2}, {-1, -1, -1, 1})
        .numbers(slope, {0.5, 0.25})
        .values();
  };
  EXPECT_THAT(prelu(6, {2}), ElementsAre(-0.5, -0.5, -0.25, 1));
  EXPECT_THAT(prelu(9, {2, 1}), ElementsAre(-0.5, -0.5, -0.25, 1));
  EXPECT_THAT(prelu(9, {2}), ElementsAre(-0.5, -0.25, -0.5, 1));
}

//===----------------------------------------------------------------------===//
// Convolution and pooling
//===----------------------------------------------------------------------===//

std::vector<double> padded(const char *autoPad, int64_t stride) {
  return OneNode("Conv", 11)
      .numbers({1, 1, 4}, {1, 2, 3, 4})
      .numbers({1, 1, 2}, {1, 10})
      .with([=](A &a) {
        a.text("auto_pad", autoPad).integers("strides", {stride});
      })
      .values();
}

TEST(OnnxRules, ConvolutionsPadAutomatically) {
  EXPECT_THAT(padded("VALID", 1), ElementsAre(21, 32, 43));
  EXPECT_THAT(padded("SAME_UPPER", 1), ElementsAre(21, 32, 43, 4));
  EXPECT_THAT(padded("SAME_LOWER", 1), ElementsAre(10, 21, 32, 43));
  EXPECT_THAT(padded("SAME_UPPER", 2), ElementsAre(21, 43));
  EXPECT_THAT(padded("NOTSET", 3), ElementsAre(21));
  EXPECT_THAT(padded("", 3), ElementsAre(21));
}

TEST(OnnxRules, TransposedConvolutionsPadAutomatically) {
  auto convolution = [](const std::string &autoPad) {
    return OneNode("ConvTranspose", 11)
        .numbers({1, 1, 2}, {1, 2})
        .numbers({1, 1, 3}, {1, 10, 100})
        .with([=](A &a) {
          a.text("auto_pad", autoPad).integers("pads", {1, 0});
        });
  };
  for (const char *unset : {"NOTSET", ""})
    EXPECT_THAT(convolution(unset).values(), ElementsAre(12, 120, 200));
  EXPECT_THAT(convolution("VALID").values(), ElementsAre(1, 12, 120, 200));
  EXPECT_THAT(convolution("SAME").error(),
              HasSubstr("expects auto_pad NOTSET, VALID, SAME_UPPER or "
                        "SAME_LOWER, got 'SAME'"));
}

TEST(OnnxRules, ConvolutionAttributes) {
  EXPECT_THAT(OneNode("Conv", 11)
                  .numbers({1, 2, 3}, {1, 2, 3, 4, 5, 6})
                  .numbers({2, 1, 2}, {1, 10, 100, 1000})
                  .numbers({2}, {0.5, 0})
                  .with([](A &a) {
                    a.integer("group", 2)
                        .integers("dilations", {2})
                        .integers("pads", {1, 0});
                  })
                  .values(),
              // Windows at −1 and 0 of a padded image, two apart.
              ElementsAre(20.5, 31.5, 5000, 6400));
}

TEST(OnnxRules, TransposedConvolutionsToAShape) {
  auto convolution = [](int64_t extent) {
    return OneNode("ConvTranspose", 11)
        .numbers({1, 1, 2}, {1, 2})
        .numbers({1, 1, 3}, {1, 10, 100})
        .with([=](A &a) {
          a.integers("strides", {3}).integers("output_shape", {extent});
        })
        .values();
  };
  EXPECT_THAT(convolution(6), ElementsAre(1, 10, 100, 2, 20, 200));
  EXPECT_THAT(convolution(4), ElementsAre(10, 100, 2, 20));
  // What is not there is added at the end.
  EXPECT_THAT(convolution(8), ElementsAre(1, 10, 100, 2, 20, 200, 0, 0));
}

TEST(OnnxRules, Pooling) {
  auto pool = [](const char *type, auto set) {
    return OneNode(type, 19)
        .numbers({1, 1, 4}, {1, 2, 3, 4})
        .with([=](A &a) {
          a.integers("kernel_shape", {3});
          set(a);
        })
        .values();
  };
  EXPECT_THAT(pool("MaxPool", [](A &) {}), ElementsAre(3, 4));
  EXPECT_THAT(pool("MaxPool", [](A &a) { a.text("auto_pad", "SAME_UPPER"); }),
              ElementsAre(2, 3, 4, 4));
  EXPECT_THAT(
      pool("MaxPool",
           [](A &a) { a.integers("strides", {2}).integer("ceil_mode", 1); }),
      ElementsAre(3, 4));
  EXPECT_THAT(pool("AveragePool", [](A &a) { a.integers("pads", {1, 1}); }),
              ElementsAre(1.5, 2, 3, 3.5));
  EXPECT_THAT(pool("AveragePool",
                   [](A &a) {
                     a.integers("pads", {1, 1}).integer("count_include_pad", 1);
                   }),
              near({1, 2, 3, 7. / 3}));
  EXPECT_THAT(OneNode("GlobalMaxPool", 13).counted({1, 2, 2, 2}).values(),
              ElementsAre(3, 7));
  EXPECT_THAT(OneNode("GlobalAveragePool", 13).counted({1, 2, 2, 2}).values(),
              ElementsAre(1.5, 5.5));
}

TEST(OnnxRules, ResizeWithCoordinatesOfOpset11) {
  auto resize = [](int64_t opset) {
    return OneNode("Resize", opset)
        .numbers({4}, {1, 2, 3, 4})
        .leaveOut()
        .leaveOut()
        .list({3})
        .with([](A &a) {
          a.text("coordinate_transformation_mode", "tf_half_pixel_for_nn");
        });
  };
  // At 2/3, 2 and 10/3.
  EXPECT_THAT(resize(12).values(), ElementsAre(2, 3, 4));
  EXPECT_THAT(resize(13).error(), HasSubstr("which opset 13 removed"));
}

TEST(OnnxRules, ResizeToOneElementAsPyTorch) {
  // At 0, as onnxruntime 1.32 does, also where the scale asks for 1.2 elements.
  auto resize = [](const std::string &mode, float scale) {
    return OneNode("Resize", 19)
        .numbers({4}, {1, 2, 4, 8})
        .leaveOut()
        .numbers({1}, {scale})
        .with([=](A &a) {
          a.text("mode", mode)
              .text("coordinate_transformation_mode", "pytorch_half_pixel")
              .integer("antialias", mode == "linear");
        })
        .values();
  };
  for (float scale : {0.25f, 0.3f}) {
    EXPECT_THAT(resize("cubic", scale), ElementsAre(1));
    EXPECT_THAT(resize("nearest", scale), ElementsAre(1));
  }
  EXPECT_THAT(resize("linear", 0.25f), near({2}));
  EXPECT_THAT(resize("linear", 0.3f), near({6 / 3.4}));
}

TEST(OnnxRules, ResizeByEitherScalesOrSizes) {
  auto resize = [](const std::vector<float> &scales,
                   const std::vector<int64_t> &sizes) {
    return OneNode("Resize", 11)
        .numbers({2}, {1, 2})
        .leaveOut()
        .numbers({int64_t(scales.size())}, scales)
        .list(sizes);
  };
  EXPECT_THAT(resize({2}, {}).values(), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(resize({}, {4}).values(), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(resize({2}, {4}).error(), HasSubstr("both scales and sizes"));
  EXPECT_THAT(resize({}, {}).error(), HasSubstr("neither scales nor sizes"));
}

TEST(OnnxRules, ResizeByScalesInFloat32) {
  // As onnxruntime 1.32 does. The float32 nearest to a decimal scale is a
  // little less or more: in double, the last place or an element would be
  // missed.
  auto resized = [](float scale) {
    return OneNode("Resize", 13).counted({10}).leaveOut().numbers({1}, {scale});
  };
  for (auto [scale, extent] :
       {std::pair{0.7f, 7}, {0.9f, 9}, {1.3f, 13}, {1.9f, 19}, {2.3f, 23}}) {
    EXPECT_THAT(resized(scale).shape(), ElementsAre(extent)) << scale;
    EXPECT_THAT(
        OneNode("Upsample", 9).counted({10}).numbers({1}, {scale}).shape(),
        ElementsAre(extent))
        << scale;
  }
  EXPECT_THAT(resized(0.2f)
                  .with([](A &a) {
                    a.text("coordinate_transformation_mode", "asymmetric")
                        .text("nearest_mode", "floor");
                  })
                  .values(),
              ElementsAre(0, 5));
  // Place 3 lies half-way between 4 and 5.
  EXPECT_THAT(resized(0.7f).values(), ElementsAre(0, 2, 3, 4, 6, 7, 9));
}

//===----------------------------------------------------------------------===//
// Products and normalisation
//===----------------------------------------------------------------------===//

TEST(OnnxRules, Gemm) {
  EXPECT_THAT(OneNode("Gemm", 13)
                  .numbers({2, 1}, {1, 2})
                  .numbers({1, 2}, {3, 4})
                  .numbers({1}, {10})
                  .with([](A &a) {
                    a.integer("transA", 1)
                        .integer("transB", 1)
                        .number("alpha", 2)
                        .number("beta", 0.5);
                  })
                  .values(),
              ElementsAre(27));
  EXPECT_THAT(OneNode("Gemm", 6)
                  .numbers({1, 1}, {1})
                  .numbers({1, 2}, {3, 4})
                  .numbers({2}, {10, 20})
                  .with([](A &a) { a.integer("broadcast", 1); })
                  .values(),
              ElementsAre(13, 24));
}

TEST(OnnxRules, SoftmaxFlattensBeforeOpset13) {
  std::vector<float> zeros(8, 0);
  auto first = [&](int64_t opset, std::optional<int64_t> axis) {
    return OneNode("Softmax", opset)
        .numbers({2, 2, 2}, zeros)
        .with([=](A &a) {
          if (axis)
            a.integer("axis", *axis);
        })
        .values()[0];
  };
  EXPECT_DOUBLE_EQ(first(12, {}), 1. / 4); // everything from dimension 1 on
  EXPECT_DOUBLE_EQ(first(12, 2), 1. / 2);
  EXPECT_DOUBLE_EQ(first(12, 0), 1. / 8);
  EXPECT_DOUBLE_EQ(first(13, {}), 1. / 2);
  EXPECT_DOUBLE_EQ(first(13, 0), 1. / 2);
  EXPECT_THAT(OneNode("Softmax", 12).numbers({2, 2, 2}, zeros).shape(),
              ElementsAre(2, 2, 2));
  EXPECT_THAT(OneNode("LogSoftmax", 13).numbers({2}, {0, 1000}).values(),
              near({-1000, 0}));
}

TEST(OnnxRules, BatchNormalization) {
  auto node = [](int64_t opset) {
    return OneNode("BatchNormalization", opset)
        .numbers({1, 2, 1}, {1, 2})
        .numbers({2}, {2, 3})
        .numbers({2}, {10, 20})
        .numbers({2}, {1, 1})
        .numbers({2}, {4, 0.25});
  };
  for (int64_t opset : {6, 7, 9, 14, 15})
    EXPECT_THAT(node(opset).values(), near({10, 26 - 1.2e-4})) << opset;
  // In training mode, by the statistics of the batch: one number's mean is
  // itself.
  EXPECT_THAT(
      node(14).with([](A &a) { a.integer("training_mode", 1); }).values(),
      near({10, 20}));
  EXPECT_THAT(node(7).with([](A &a) { a.integer("spatial", 0); }).error(),
              HasSubstr("spatial"));
  EXPECT_EQ(node(6)
                .with([](A &a) {
                  a.integer("is_test", 1)
                      .integer("spatial", 1)
                      .number("momentum", 0.9f);
                })
                .error(),
            "");
}

TEST(OnnxRules, LayerNormalizations) {
  EXPECT_THAT(OneNode("LayerNormalization", 17)
                  .numbers({1, 2, 2}, {1, 3, 2, 6})
                  .numbers({2}, {1, 2})
                  .numbers({2}, {0, 1})
                  .with([](A &a) { a.number("epsilon", 0); })
                  .values(),
              near({-1, 3, -1, 3}));
  EXPECT_THAT(OneNode("InstanceNormalization", 6)
                  .numbers({1, 2, 2}, {1, 3, 2, 6})
                  .numbers({2}, {1, 2})
                  .numbers({2}, {0, 1})
                  .with([](A &a) { a.number("epsilon", 0); })
                  .values(),
              near({-1, 1, -1, 3}));
}

TEST(OnnxRules, MeanVarianceNormalizationOfSmallDeviations) {
  // 1e-9 is added to the deviation, here 1e-5, not to the variance.
  EXPECT_THAT(OneNode("MeanVarianceNormalization", 13)
                  .numbers({1, 1, 2, 1}, {0, 2e-5f})
                  .values(),
              near({-0.9999, 0.9999}));
}

TEST(OnnxRules, DropoutIsTheIdentity) {
  EXPECT_THAT(
      OneNode("Dropout", 6)
          .numbers({2}, {1, 2})
          .with([](A &a) { a.integer("is_test", 0).number("ratio", 0.5); })
          .values(),
      ElementsAre(1, 2));
  EXPECT_THAT(
      OneNode("Dropout", 13).numbers({2}, {1, 2}).numbers({}, {0.5}).values(),
      ElementsAre(1, 2));
}

TEST(OnnxRules, Reductions) {
  auto x = [](const char *type, int64_t opset) {
    return OneNode(type, opset).counted({2, 3});
  };
  auto axesAttribute = [](A &a) {
    a.integers("axes", {-1}).integer("keepdims", 0);
  };
  EXPECT_THAT(x("ReduceSum", 11).with(axesAttribute).values(),
              ElementsAre(3, 12));
  EXPECT_THAT(x("ReduceSum", 13).list({-1}).values(), ElementsAre(3, 12));
  EXPECT_THAT(x("ReduceSum", 13).list({-1}).shape(), ElementsAre(2, 1));
  EXPECT_THAT(x("ReduceMean", 13).with(axesAttribute).values(),
              ElementsAre(1, 4));
  EXPECT_THAT(x("ReduceMean", 18).list({0}).values(),
              ElementsAre(1.5, 2.5, 3.5));
  EXPECT_THAT(x("ReduceMax", 18).values(), ElementsAre(5));
  EXPECT_THAT(x("ReduceMax", 18)
                  .with([](A &a) { a.integer("noop_with_empty_axes", 1); })
                  .values(),
              ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(x("ReduceL2", 18).values(), near({std::sqrt(55)}));
  EXPECT_THAT(x("ReduceLogSumExp", 18).values(),
              near({5 + std::log((1 - std::exp(-6)) / (1 - std::exp(-1)))}));
  EXPECT_THAT(x("ReduceProd", 18).list({1}).values(), ElementsAre(0, 60));
  EXPECT_THAT(x("ReduceSum", 13).list({0, -2}).error(), HasSubstr("twice"));
}

} // namespace
