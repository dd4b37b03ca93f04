//===- CompilerTest.cpp - Stages, errors and their order ------------------===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/compiler/CompilerTest.h"

using namespace cim;
using namespace testing;

namespace {

using Compile = cim::test::CompilerTest;

ErrorRequest quantize(const char *layers, const char *text) {
  ErrorRequest errors;
  errors.layers = layers;
  errors.quantize = text;
  return errors;
}
ErrorRequest noise(const char *layers, const char *text) {
  ErrorRequest errors;
  errors.layers = layers;
  errors.noise = text;
  return errors;
}

TEST_F(Compile, makesAFusedPlan) {
  CompiledNetwork compiled = compiler.compile(request(network));
  const plan::Plan &plan = compiled.plan;
  EXPECT_TRUE(plan.image_wise());
  EXPECT_EQ(plan.model(), "block");
  std::vector<std::string> operations;
  for (const plan::Step &step : plan.steps())
    operations.push_back(step.operation());
  EXPECT_THAT(operations, ElementsAre("conv", "conv", "global_average_pool",
                                      "relayout", "reshape", "gemm"));
  EXPECT_EQ(plan.steps(0).name(), "conv_1");
  EXPECT_EQ(plan.values(plan.inputs(0)).name(), "image");
  EXPECT_EQ(plan.values(plan.outputs(0)).name(), "logits");

  ASSERT_EQ(plan.layers_size(), 3);
  const plan::Layer &first = plan.layers(0);
  EXPECT_EQ(first.name(), "first");
  EXPECT_EQ(first.role(), "C1");
  EXPECT_EQ(first.operation(), "conv");
  EXPECT_EQ(first.weights(), "first.weight");
  EXPECT_THAT(first.shape(), ElementsAre(8, 8, 3, 3));
  EXPECT_EQ(first.macs(), 8u * 36 * 8 * 9);
  const plan::Layer &last = plan.layers(2);
  EXPECT_EQ(last.name(), "fc");
  EXPECT_EQ(last.role(), "");
  EXPECT_THAT(last.shape(), ElementsAre(3, 8));
  EXPECT_EQ(last.channel_axis(), 0u);
  EXPECT_EQ(last.macs(), 24u);
  EXPECT_THAT(compiled.modelSha256, SizeIs(64));
}

TEST_F(Compile, tensorsOutliveTheCompilation) {
  // Their bytes were the module's, which is gone.
  CompiledNetwork compiled = compiler.compile(request(network));
  std::vector<double> logits = run(network);
  ReferenceExecutor executor(compiled.plan, compiled.tensors);
  std::vector<double> again(3);
  executor.run(
      1,
      [&](int64_t, float *image) {
        for (int i = 0; i < 288; ++i)
          image[i] = float(i % 7) / 7 - 0.4f;
      },
      [&](int64_t, const double *result) {
        std::copy_n(result, 3, again.begin());
      });
  EXPECT_EQ(again, logits);
}

TEST_F(Compile, preparedNetworksGiveTheSamePlans) {
  // Some errors change nothing but numbers, others what stands on which cells.
  ErrorRequest crossbar;
  crossbar.crossbar = "16x16";
  std::unique_ptr<PreparedNetwork> prepared =
      compiler.prepare(request(network));
  std::vector<CompiledNetwork> kept;
  for (const std::vector<ErrorRequest> &errors :
       {std::vector<ErrorRequest>{},
        {quantize("*", "5"), noise("role:C1", "normal:0.5qs")},
        {noise("*", "uniform:0.1ns")},
        {crossbar, noise("*", "normal:1uS")},
        {}}) {
    const CompiledNetwork whole = compiler.compile(request(network, errors));
    kept.push_back(prepared->compile(errors));
    EXPECT_EQ(planText(kept.back().plan), planText(whole.plan));
    EXPECT_EQ(kept.back().modelSha256, whole.modelSha256);
  }
  // Plans share the weights' bytes, which live as long as any of them.
  prepared = nullptr;
  const auto bytesOf = [](const CompiledNetwork &compiled, size_t layer) {
    const Tensor &tensor =
        compiled.tensors.at(compiled.plan.layers(layer).weights());
    return std::string(reinterpret_cast<const char *>(tensor.data.get()),
                       tensor.bytes());
  };
  const CompiledNetwork whole = compiler.compile(request(network));
  for (int layer = 0; layer < 3; ++layer)
    for (const CompiledNetwork &compiled : kept)
      EXPECT_EQ(bytesOf(compiled, layer), bytesOf(whole, layer));
  // An edited text is continued from its own stage.
  const std::string edited = folder / "edited.mlir";
  compiler.compileToText(request(network, {quantize("*", "3")}),
                         Stage::perturbed, edited);
  prepared = compiler.prepare(request(edited));
  EXPECT_EQ(planText(prepared->compile({}).plan),
            planText(compiler.compile(request(edited)).plan));
  EXPECT_EQ(prepared->compile({noise("*", "normal:1qs")})
                .plan.layers(0)
                .quantize()
                .bits(),
            3u);
}

TEST_F(Compile, preparedNetworksAreReadOnce) {
  const std::vector<Stage> stages = {Stage::nn, Stage::plan, Stage::perturbed,
                                     Stage::cim, Stage::mapped};
  const auto errorsAt = [](Stage stage) {
    return stage < Stage::perturbed
               ? std::vector<ErrorRequest>()
               : std::vector<ErrorRequest>{quantize("*", "5")};
  };
  CompileRequest asked = request(network, errorsAt(Stage::plan));
  asked.foldBatchNorm = true; // belongs to the first of the stages
  const std::string plan = planText(compiler.compile(asked).plan);
  std::map<Stage, std::string> texts;
  for (Stage stage : stages) {
    asked.errors = errorsAt(stage);
    texts[stage] = compiler.compileToText(asked, stage, "");
  }
  EXPECT_EQ(texts[Stage::plan], plan);

  std::unique_ptr<PreparedNetwork> prepared = compiler.prepare(asked);
  std::filesystem::remove(network);
  for (Stage stage : stages) {
    EXPECT_EQ(prepared->compileToText(errorsAt(stage), stage, ""),
              texts[stage]);
    EXPECT_EQ(planText(prepared->compile(errorsAt(Stage::plan)).plan), plan);
  }
}

TEST_F(Compile, writesErrorsIntoThePlan) {
  ErrorRequest errors;
  errors.quantize = "5,mode=percentile,percentile=99,per=channel";
  errors.noise = "student-t:0.5qs,df=4";
  errors.shift = "-1/64qs";
  errors.faults = "low=0.1,high=0.2,flip=0.3";
  plan::Plan plan = compiler.compile(request(network, {errors})).plan;
  for (const plan::Layer &layer : plan.layers()) {
    EXPECT_EQ(layer.quantize().bits(), 5u);
    EXPECT_EQ(layer.quantize().mode(), plan::Quantize::PERCENTILE);
    EXPECT_EQ(layer.quantize().percentile(), 99);
    EXPECT_TRUE(layer.quantize().per_channel());
    EXPECT_EQ(layer.noise().distribution(), plan::Noise::STUDENT_T);
    EXPECT_EQ(layer.noise().width(), 0.5);
    EXPECT_EQ(layer.noise().parameter(), 4);
    EXPECT_EQ(layer.noise().unit(), plan::QUANTIZATION_STEP);
    EXPECT_EQ(layer.shift().amount(), -1.0 / 64);
    EXPECT_EQ(layer.faults().low(), 0.1);
    EXPECT_EQ(layer.faults().high(), 0.2);
    EXPECT_EQ(layer.faults().flip(), 0.3);
  }
}

TEST_F(Compile, letsLaterRequestsOverrideOptionByOption) {
  plan::Plan plan =
      compiler
          .compile(
              request(network, {noise("*", "normal:1ns"), quantize("*", "5"),
                                quantize("role:C2", "3"),
                                noise("first", "uniform:2qs")}))
          .plan;
  EXPECT_EQ(plan.layers(0).quantize().bits(), 5u);
  EXPECT_EQ(plan.layers(1).quantize().bits(), 3u);
  EXPECT_EQ(plan.layers(0).noise().distribution(), plan::Noise::UNIFORM);
  EXPECT_EQ(plan.layers(1).noise().distribution(), plan::Noise::NORMAL);
}

TEST_F(Compile, saysWhatIsWrongWithARequest) {
  EXPECT_THAT(messageOfCompiling(network, {noise("frist", "normal:1ns")}),
              AllOf(HasSubstr(network), HasSubstr("'frist'"),
                    HasSubstr("did you mean 'first'")));
  EXPECT_THAT(messageOfCompiling(network, {noise("*", "normal:1qs")}),
              AllOf(HasSubstr("'first'"), HasSubstr("not quantized")));
  EXPECT_THAT(messageOfCompiling(network, {quantize("*", "five")}),
              HasSubstr("five"));
  EXPECT_THAT(messageOfCompiling(folder / "none.onnx"), HasSubstr("none.onnx"));
  EXPECT_THAT(messageOfCompiling(folder / "none.mlir"), HasSubstr("none.mlir"));
  EXPECT_THAT(messageOfCompiling(folder), HasSubstr(folder.string()));
}

TEST_F(Compile, saysWhatGivesMicrosiemensAMeaning) {
  const std::string first = "layer 'first' has ",
                    last = " in uS, but is not mapped to conductances; put it "
                           "on crossbars (--crossbar RxC)";
  const std::string orElse = ", or give it in qs, ns or abs";
  ErrorRequest verify, array, column;
  verify.writeVerify = "1uS";
  array.correlated = "array=1uS";
  column.correlated = "column=1uS";
  EXPECT_THAT(messageOfCompiling(network, {noise("*", "normal:1uS")}),
              EndsWith(": " + first + "noise" + last + orElse));
  EXPECT_THAT(messageOfCompiling(network, {column}),
              EndsWith(": " + first + "correlated errors" + last + orElse));
  // Only cells have these, whatever the unit.
  EXPECT_THAT(messageOfCompiling(network, {verify}),
              EndsWith(": " + first + "write-verify" + last));
  EXPECT_THAT(messageOfCompiling(network, {array}),
              EndsWith(": " + first + "correlated errors" + last));
}

TEST_F(Compile, givesTheSamePlanFromEveryStage) {
  std::vector<ErrorRequest> errors = {quantize("*", "5"),
                                      noise("role:C1", "normal:0.25qs")};
  std::string expected = planOf(network, errors);
  for (Stage stage : {Stage::nn, Stage::cim, Stage::perturbed, Stage::mapped}) {
    std::string file = folder / "stage.mlir";
    compileTo(network, stage, file, errors);
    EXPECT_EQ(planOf(file, errors), expected);
    if (stage >= Stage::perturbed)
      EXPECT_EQ(planOf(file), expected) << "the errors are in the file";
  }
  std::string file = folder / "network.plan";
  compileTo(network, Stage::plan, file, errors);
  plan::Plan plan = readPlan(file).plan;
  plan.clear_tensor_file();
  plan.clear_tensor_sha256();
  EXPECT_EQ(planText(plan), expected);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(Compile, returnsTheTextThatItWrites) {
  for (Stage stage : {Stage::nn, Stage::cim, Stage::perturbed, Stage::mapped}) {
    std::string file = folder / "stage.mlir";
    std::string text = compileTo(network, stage, file);
    EXPECT_THAT(text, HasSubstr("cim.stage"));
    EXPECT_EQ(read(file), text + "\n");
    EXPECT_LT(text.size(), 5000u) << "weights stand in the text";
  }
}

TEST_F(Compile, evaluatesWhatWasEditedByHand) {
  std::string file = folder / "edited.mlir";
  compileTo(network, Stage::perturbed, file, {quantize("*", "5")});
  std::vector<double> before = run(file);
  EXPECT_EQ(run(network, {quantize("*", "5")}), before);

  edit(file, "bits 5", "bits 2");
  EXPECT_NE(run(file), before);
  edit(file, "bits 2", "bits 5");
  EXPECT_EQ(run(file), before);

  // The command line overrides the file, where it says something.
  EXPECT_EQ(run(file, {quantize("*", "3")}),
            run(network, {quantize("*", "3")}));
}

TEST_F(Compile, changesWhatBelongsTogetherTogether) {
  ErrorRequest sliced;
  sliced.quantize = "5,mode=symmetric";
  sliced.crossbar = "64x64";
  sliced.cells = "differential";
  sliced.cellBits = "2";
  sliced.adc = "8,limit=1.5/6";
  const std::string file = folder / "mapped.mlir";
  compileTo(network, Stage::mapped, file, {sliced});

  // Neither of the two would do without the other.
  ErrorRequest offset;
  offset.quantize = "4";
  offset.cells = "offset";
  ErrorRequest both = sliced;
  both.quantize = offset.quantize;
  both.cells = offset.cells;
  EXPECT_EQ(planOf(file, {offset}), planOf(network, {both}));
  offset.cells.clear();
  EXPECT_THAT(messageOfCompiling(file, {offset}),
              HasSubstr("which needs quantization of mode symmetric"));

  // Three slices, and converters with limits for two that go.
  ErrorRequest finer;
  finer.quantize = "7,mode=symmetric";
  finer.adc = "8";
  both = sliced;
  both.quantize = finer.quantize;
  both.adc = finer.adc;
  EXPECT_EQ(planOf(file, {finer}), planOf(network, {both}));
  finer.adc.clear();
  EXPECT_THAT(messageOfCompiling(file, {finer}),
              HasSubstr("has 2 limits, but its converters need 3"));
}

TEST_F(Compile, keepsEqualConstantsApart) {
  // Small ones are one attribute. Their numbers may be changed one by one.
  edit(network, "loc(\"fc.weight\")",
       "loc(\"fc.weight\")\n"
       "  %c = nn.constant dense<[0.5, -0.5, 0.25]> : tensor<3xf32> "
       "loc(\"other.bias\")");
  edit(network, "  return %7",
       "  %8 = nn.add %7, %c : (tensor<1x3xf32>, "
       "tensor<3xf32>) -> tensor<1x3xf32> loc(\"sum\")\n  return %8");
  CompileRequest asked = request(network);
  asked.optimise = false;
  const TensorMap tensors = compiler.compile(asked).tensors;
  EXPECT_TRUE(tensors.contains("fc.bias"));
  EXPECT_TRUE(tensors.contains("other.bias"));
}

TEST_F(Compile, usesOneMatrixInTwoWays) {
  // A gemm and a matmul of one initializer: one layer, called by the first.
  const std::vector<double> logits = run(network);
  edit(network, "(tensor<1x3xf32> {nn.name", "(tensor<1x8xf32> {nn.name");
  edit(network, "  return %7 : tensor<1x3xf32>",
       "  %8 = nn.matmul %7, %fc : (tensor<1x3xf32>, tensor<3x8xf32>) -> "
       "tensor<1x8xf32> loc(\"again\")\n  return %8 : tensor<1x8xf32>");
  const plan::Plan plan = compiler.compile(request(network)).plan;
  ASSERT_EQ(plan.layers_size(), 3);
  EXPECT_EQ(plan.layers(2).operation(), "gemm");
  EXPECT_EQ(plan.layers(2).macs(), 48u);
  const std::vector<double> results = run(network);
  ASSERT_EQ(results.size(), 8u);
  // The second column of the weights.
  EXPECT_NEAR(results[1], 0.2 * logits[0] + 0.1 * logits[1] + 0.8 * logits[2],
              1e-5);
}

TEST_F(Compile, doesNotGoBack) {
  std::string file = folder / "stage.mlir";
  compileTo(network, Stage::cim, file);
  EXPECT_THAT(messageOf([&] { compileTo(file, Stage::nn, ""); }),
              HasSubstr("at stage cim already"));
  CompileRequest folded = request(file);
  folded.foldBatchNorm = true;
  EXPECT_THAT(messageOf([&] { compiler.compile(folded); }),
              HasSubstr("can no longer be folded"));
}

TEST_F(Compile, dumpsTheModuleAfterEveryPass) {
  CompileRequest dumping = request(network, {quantize("*", "5")});
  dumping.dumpPasses = true;
  internal::CaptureStderr();
  compiler.compile(dumping);
  std::string dump = internal::GetCapturedStderr();
  for (const char *pass :
       {"SimplifyNetwork", "LowerNNToCim", "AnnotateRoles", "InsertQuantize"})
    EXPECT_THAT(dump, HasSubstr(pass));
  EXPECT_LT(dump.size(), 40000u) << "weights are printed";
}

TEST_F(Compile, dumpsNoPassPastTheText) {
  CompileRequest dumping = request(network);
  dumping.dumpPasses = true;
  std::unique_ptr<PreparedNetwork> prepared = compiler.prepare(dumping);
  internal::CaptureStderr();
  prepared->compileToText({}, Stage::nn, "");
  EXPECT_THAT(internal::GetCapturedStderr(), HasSubstr("SimplifyNetwork"));
  internal::CaptureStderr();
  prepared->compile({});
  EXPECT_EQ(internal::GetCapturedStderr(), "");
}

} // namespace
