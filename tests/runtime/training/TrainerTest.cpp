//===- TrainerTest.cpp - Training, stopped and resumed ----------*- C++ -*-===//
//
// Part of Cimulator, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/training/Trainer.h"
#include "runtime/programming/Programming.h"
#include "runtime/tensor/Errors.h"
#include "runtime/training/Adaptation.h"
#include "runtime/training/Checkpoint.h"
#include "runtime/training/Recalibration.h"
#include "runtime/training/Retraining.h"
#include "tests/TemporaryFolder.h"
#include "tests/runtime/plan/transforms/Network.h"

#include <algorithm>
#include <cmath>
#include <set>

using namespace cim;
using namespace testing;
using cim::test::Network;

namespace {

/// A network for the built-in images.
class ShapesNetwork : public Network {
public:
  ShapesNetwork() : Network(2) {
    const uint32_t x = input({1, 3, 32, 32});
    uint32_t a = pool("max_pool", relu(batchNorm(conv(x, 16, 3, 2))));
    a = pool("max_pool", relu(batchNorm(conv(a, 16))));
    a = step("global_average_pool", {a}, {1, 16, 1, 1}, plan::ROW_MAJOR);
    output(gemm(flatten(a), 10));
  }
};

class Training : public Test {
protected:
  Training() {
    recipe.epochs = 2;
    recipe.batch = 32;
    recipe.learningRate.rate = 0.05;
  }

  static DataSet open(Split split, int64_t limit) {
    DataSpec spec;
    spec.split = split;
    spec.text = "shapes";
    return DataSet::open(spec, {.limit = limit, .inputShape = {3, 32, 32}});
  }

  std::unique_ptr<TrainingProgram> makeProgram(unsigned threads = 2) const {
    auto program = std::make_unique<TrainingProgram>(
        network.plan, network.tensors, std::set<uint32_t>{0, 1, 2}, true,
        TrainingProgramOptions{.threads = threads, .batch = recipe.batch});
    program->program({});
    return program;
  }
  /// Over all of \p images.
  TensorMap recalibrate(const TensorMap &tensors, const DataSet &images,
                        const ExecutorOptions &executor) const {
    return recalibrateBatchNorm(network.plan, tensors, {}, images,
                                images.images(), {.executor = executor})
        .value();
  }
  std::vector<std::vector<float>> valuesOf(const TrainingProgram &program) {
    std::vector<std::vector<float>> values;
    for (const Parameter &parameter : program.parameters())
      values.push_back(parameter.value);
    return values;
  }

  const ShapesNetwork network;
  TrainingRecipe recipe;
  const cim::test::TemporaryFolder folder;
  const std::string checkpoint = folder.path("checkpoint.safetensors");
  const DataSet data = open(Split::train, 100);
};

TEST_F(Training, learns) {
  recipe.epochs = 6;
  auto program = makeProgram();
  Trainer trainer(*program, network.plan, network.tensors, data, recipe, {});
  ASSERT_TRUE(trainer.run());
  ASSERT_EQ(trainer.epochs().size(), 6u);
  EXPECT_LT(trainer.epochs().back().loss, 0.9 * trainer.epochs()[0].loss);
}

TEST_F(Training, goesOnWithTheSameBits) {
  recipe.augmentation = {true, 2};
  auto whole = makeProgram(1);
  Trainer uninterrupted(*whole, network.plan, network.tensors, data, recipe,
                        {});
  ASSERT_TRUE(uninterrupted.run());

  // Stopped twice: within the first epoch and within the second.
  TrainerOptions options;
  options.keep = [&](const Checkpoint &state) {
    writeCheckpoint(checkpoint, "this", state);
  };
  Checkpoint kept;
  for (int stopAt : {2, 4, 1000}) {
    auto program = makeProgram();
    int polls = 0;
    if (stopAt != 2) {
      kept = readCheckpoint(checkpoint, "this");
      options.kept = &kept;
    }
    options.stop = [&] { return polls++ == stopAt; };
    Trainer trainer(*program, network.plan, network.tensors, data, recipe,
                    options);
    const bool isComplete = trainer.run();
    ASSERT_EQ(isComplete, stopAt == 1000);
    if (isComplete) {
      EXPECT_EQ(valuesOf(*program), valuesOf(*whole));
      ASSERT_EQ(trainer.epochs().size(), 2u);
      EXPECT_EQ(trainer.epochs()[1].loss, uninterrupted.epochs()[1].loss);
    }
  }
  EXPECT_THROW(readCheckpoint(checkpoint, "another"), InputError);
  nlohmann::ordered_json nested = 0;
  for (int i = 0; i < 100; ++i)
    nested = nlohmann::ordered_json::array({std::move(nested)});
  const std::string deep = folder.path("deep.safetensors");
  writeCheckpoint(deep, "this", {nested, {}});
  EXPECT_THAT([&] { readCheckpoint(deep, "this"); },
              ThrowsMessage<InputError>(HasSubstr("nested too deeply")));
  // What was kept must fit.
  const Checkpoint complete = readCheckpoint(checkpoint, "this");
  auto with = [&](const char *key, const nlohmann::ordered_json &value) {
    Checkpoint changed = complete;
    changed.progress[key] = value;
    return changed;
  };
  for (const Checkpoint &broken :
       {Checkpoint{complete.progress, {}, checkpoint},
        Checkpoint{{}, complete.tensors, checkpoint}, with("epoch", -1),
        with("epoch", 1), with("epoch", 9), with("step", -1), with("step", 1),
        with("best_epoch", -2), with("best_epoch", 9),
        with("epochs", nlohmann::ordered_json::array())}) {
    auto program = makeProgram();
    options.kept = &broken;
    EXPECT_THAT(
        [&] {
          Trainer(*program, network.plan, network.tensors, data, recipe,
                  options);
        },
        ThrowsMessage<InputError>(HasSubstr(checkpoint)))
        << broken.progress;
  }
}

/// A network may call its tensors as it likes.
TEST_F(Training, checkpointsHoldTensorsOfAnyName) {
  Checkpoint state{{{"step", 3}}, {}};
  for (const char *name : {"training", "tensor: training", ""})
    state.tensors[name] = makeTensor({2}, std::vector<float>{1, 2});
  writeCheckpoint(checkpoint, "this", state);
  const Checkpoint kept = readCheckpoint(checkpoint, "this");
  EXPECT_EQ(kept.progress, state.progress);
  ASSERT_EQ(kept.tensors.size(), 3u);
  for (const auto &[name, tensor] : state.tensors)
    EXPECT_THAT(kept.tensors.at(name).as<float>(), ElementsAre(1, 2));
}

/// All steps of an epoch are done when its images held back are tested.
TEST_F(Training, losesNoEpochWhenItsTestIsStopped) {
  recipe.holdBack = 0.3;
  auto whole = makeProgram();
  Trainer uninterrupted(*whole, network.plan, network.tensors, data, recipe,
                        {});
  ASSERT_TRUE(uninterrupted.run());

  std::atomic<int64_t> done = 0, spared = 0;
  Checkpoint kept;
  TrainerOptions options;
  options.keep = [&](const Checkpoint &state) { kept = state; };
  options.imagesDone = &done;
  options.imagesSpared = &spared;
  options.stop = [&] { return done == 70; };
  auto first = makeProgram(), second = makeProgram();
  EXPECT_FALSE(
      Trainer(*first, network.plan, network.tensors, data, recipe, options)
          .run());
  EXPECT_EQ(kept.progress.at("epoch"), 0);
  EXPECT_EQ(kept.progress.at("step"), 3);
  options.stop = nullptr;
  const Checkpoint stopped = kept;
  options.kept = &stopped;
  Trainer rest(*second, network.plan, network.tensors, data, recipe, options);
  EXPECT_EQ(spared, 70);
  ASSERT_TRUE(rest.run());
  EXPECT_EQ(done, 140);
  EXPECT_EQ(valuesOf(*second), valuesOf(*whole));
  for (int e : {0, 1}) {
    EXPECT_EQ(rest.epochs()[e].loss, uninterrupted.epochs()[e].loss);
    EXPECT_EQ(rest.epochs()[e].heldBack, uninterrupted.epochs()[e].heldBack);
  }
}

TEST_F(Training, saysWhenItDiverges) {
  recipe.learningRate = {.schedule = LearningRate::Schedule::constant,
                         .rate = 1e30};
  auto program = makeProgram();
  TrainerOptions options;
  int kept = 0;
  options.keep = [&](const Checkpoint &) { ++kept; };
  Trainer trainer(*program, network.plan, network.tensors, data, recipe,
                  options);
  try {
    trainer.run();
    FAIL() << "no error";
  } catch (const InputError &error) {
    EXPECT_THAT(error.what(), HasSubstr("diverged: the loss of step"));
    EXPECT_THAT(error.what(), HasSubstr("--learning-rate"));
  }
  // Nothing was good yet, so nothing was kept.
  EXPECT_EQ(kept, 0);
}

TEST_F(Training, endsWithTheBestOnImagesHeldBack) {
  recipe.epochs = 30;
  recipe.holdBack = 0.3;
  recipe.patience = 2;
  auto program = makeProgram();
  Trainer trainer(*program, network.plan, network.tensors, data, recipe, {});
  ASSERT_TRUE(trainer.run());
  EXPECT_EQ(trainer.trainedImages(), 70);
  double best = 0;
  for (const EpochResult &epoch : trainer.epochs())
    best = std::max(best, epoch.heldBack.value());
  const auto correct = countCorrect(
      network.plan, withParameters(network.tensors, program->parameters()), {},
      data, {70, 100}, {});
  EXPECT_DOUBLE_EQ(*correct / 30.0, best);
}

TEST_F(Training, refusesASplitWithoutImages) {
  recipe.holdBack = 0.004;
  EXPECT_EQ(recipe.trainedImages(200), 199);
  EXPECT_THROW(recipe.trainedImages(100), InputError);
  recipe.holdBack = 0.9;
  EXPECT_THROW(recipe.trainedImages(1), InputError);
  recipe.holdBack = 0;
  EXPECT_EQ(recipe.trainedImages(1), 1);
}

TEST_F(Training, takesEveryImageOncePerEpoch) {
  const TrainingStream stream{.seed = 3};
  const auto first = shuffledOrder(stream, 0, 1000),
             second = shuffledOrder(stream, 1, 1000);
  EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), 1000u);
  EXPECT_NE(first, second);
  EXPECT_EQ(first, shuffledOrder(stream, 0, 1000));
}

TEST_F(Training, flipsAndCropsImages) {
  const Augmentation none(data, {false, 0}, {}), both(data, {true, 3}, {});
  std::vector<float> plain(3 * 32 * 32), seen(plain.size());
  int flipped = 0;
  std::set<std::pair<int, int>> shifts;
  for (int64_t i = 0; i < 100; ++i) {
    none.read(0, i, plain.data());
    both.read(0, i, seen.data());
    // One flip and one shift must explain all pixels away from the border.
    int explanations = 0;
    for (bool flip : {false, true})
      for (int dy = -3; dy <= 3; ++dy)
        for (int dx = -3; dx <= 3; ++dx) {
          bool same = true;
          for (int y = 3; y < 29 && same; ++y)
            for (int x = 3; x < 29 && same; ++x)
              same = seen[y * 32 + (flip ? 31 - x : x)] ==
                     plain[(y + dy) * 32 + x + dx];
          if (!same)
            continue;
          ++explanations;
          flipped += flip;
          shifts.insert({dx, dy});
        }
    ASSERT_EQ(explanations, 1) << "image " << i;
  }
  EXPECT_GT(flipped, 30);
  EXPECT_LT(flipped, 70);
  EXPECT_GT(shifts.size(), 30u);
}

TEST_F(Training, recalibratesBatchNormalisation) {
  const TensorMap calibrated = recalibrate(network.tensors, data, {});
  // One batch, so the result is a fixed point: measured again, it stays.
  const TensorMap again = recalibrate(calibrated, data, {.threads = 1});
  int changed = 0;
  for (const auto &[name, tensor] : calibrated) {
    const auto now = tensor.as<float>(), then = again.at(name).as<float>(),
               original = network.tensors.at(name).as<float>();
    changed += !std::equal(now.begin(), now.end(), original.begin());
    EXPECT_THAT(std::vector<float>(now.begin(), now.end()),
                Pointwise(FloatNear(1e-5f), then));
  }
  EXPECT_EQ(changed, 4); // mean and variance of two
}

TEST_F(Training, recalibrationCountsAllImagesAlike) {
  // A whole batch, and one of a single image.
  const DataSet images = open(Split::train, 129);
  const TensorMap calibrated = recalibrate(network.tensors, images, {});
  TrainingProgram together(network.plan, network.tensors, {}, true,
                           {.threads = 2, .batch = 129});
  together.program({});
  together.measure(129, 1,
                   [&](int64_t i, float *image) { images.read(i, image); });
  // Means of the first normalisation depend on no other one.
  const Parameter &mean = *std::ranges::find(
      together.parameters(), Parameter::Kind::runningMean, &Parameter::kind);
  const auto found = calibrated.at(mean.tensor).as<float>();
  EXPECT_THAT(std::vector<float>(found.begin(), found.end()),
              Pointwise(FloatNear(1e-4f), mean.value));
}

TEST_F(Training, recalibrationComputesAsPreciselyAsAsked) {
  auto calibrate = [&](Precision precision) {
    return recalibrate(network.tensors, data, {.precision = precision});
  };
  TrainingProgram direct(network.plan, network.tensors, {}, true,
                         {.threads = 2, .batch = 128, .strict = true});
  direct.program({});
  const auto order = shuffledOrder({}, 0, 100);
  direct.measure(100, 1,
                 [&](int64_t i, float *image) { data.read(order[i], image); });
  const TensorMap strict = calibrate(Precision::f32Strict),
                  fast = calibrate(Precision::f32);
  bool differ = false;
  for (const Parameter &parameter : direct.parameters()) {
    if (parameter.isLearned())
      continue;
    const auto exact = strict.at(parameter.tensor).as<float>(),
               other = fast.at(parameter.tensor).as<float>();
    EXPECT_TRUE(
        std::equal(exact.begin(), exact.end(), parameter.value.begin()));
    differ |= !std::equal(other.begin(), other.end(), exact.begin());
  }
  EXPECT_TRUE(differ);
}

TEST_F(Training, recalibrationCanBeStopped) {
  const DataSet images = open(Split::train, 129);
  std::atomic<int64_t> done = 0;
  auto recalibrateUntil = [&](int64_t enough) {
    done = 0;
    return recalibrateBatchNorm(
        network.plan, network.tensors, {}, images, 129,
        {.stop = [&, enough] { return done >= enough; }, .imagesDone = &done});
  };
  EXPECT_FALSE(recalibrateUntil(128));
  EXPECT_EQ(done, 128);
  EXPECT_TRUE(recalibrateUntil(1000));
  EXPECT_EQ(done, 129);
}

class RetrainingTest : public Training {
protected:
  RetrainingTest() : test(open(Split::test, 50)) {
    lowered = network.plan;
    for (plan::Layer &layer : *lowered.mutable_layers()) {
      layer.mutable_noise()->set_width(0.05);
      layer.mutable_noise()->set_unit(plan::NORMALISED_SCALE);
    }
    options.selected = {1};
    options.recipe = recipe;
    options.recipe.epochs = 1;
    options.trials = 2;
    options.rewrites = 2;
  }
  Retraining run() {
    return retrain(lowered, network.tensors, data, test, {0, test.images()},
                   options);
  }
  int64_t allImages() const {
    return imagesOf(options, data.images(), test.images());
  }

  plan::Plan lowered;
  const DataSet test;
  RetrainingOptions options;
};

TEST_F(RetrainingTest, isReproducible) {
  const Retraining first = run();
  options.executor.threads = 3;
  const Retraining second = run();
  ASSERT_EQ(first.chips.size(), 2u);
  for (int t : {0, 1}) {
    EXPECT_EQ(first.chips[t].retrained, second.chips[t].retrained);
    EXPECT_EQ(first.chips[t].rewritten, second.chips[t].rewritten);
  }
  EXPECT_EQ(first.trainedParameters, 16 * 16 * 9 + 2 * 16);
  EXPECT_EQ(first.depth, 2);
  // Other layers keep the errors they were written with.
  const auto kept = first.network.at(lowered.layers(0).weights()).as<float>(),
             exact =
                 network.tensors.at(lowered.layers(0).weights()).as<float>();
  EXPECT_FALSE(std::equal(kept.begin(), kept.end(), exact.begin()));
}

TEST_F(RetrainingTest, rewritesWithoutErrorsWhatItLearned) {
  for (plan::Layer &layer : *lowered.mutable_layers())
    layer.clear_noise();
  const Retraining result = run();
  for (const RetrainedChip &chip : result.chips) {
    EXPECT_EQ(chip.injected, result.floatCorrect);
    EXPECT_THAT(chip.rewritten, Each(chip.retrained));
  }
}

TEST_F(RetrainingTest, writesFewerCellsAboveAThreshold) {
  const Retraining all = run();
  EXPECT_THAT(all.chips[0].cellsWritten, Each(16 * 16 * 9));
  options.threshold = 1e-3;
  const int64_t some = run().chips[0].cellsWritten[0];
  EXPECT_LT(some, 16 * 16 * 9);
  options.threshold = 10;
  const Retraining none = run();
  EXPECT_GT(some, none.chips[0].cellsWritten[0]);
  EXPECT_THAT(none.chips[0].cellsWritten, Each(0));
  // Nothing was written, so nothing differs between rewrites.
  EXPECT_EQ(none.chips[0].rewritten[0], none.chips[0].rewritten[1]);
  // In every round.
  options.selected = {0, 1, 2};
  options.rounds = 3;
  EXPECT_THAT(run().chips[0].cellsWritten, Each(0));
}

TEST_F(RetrainingTest, adaptsWhatIsDigital) {
  options.selected = {0};
  const Retraining plain = run();
  options.adaptationImages = 64;
  const Retraining adapted = run();
  // Both normalisations, though only the first follows a layer that is
  // retrained, and the bias of the last layer.
  EXPECT_EQ(plain.digitalParameters, 2 * 16);
  EXPECT_EQ(adapted.digitalParameters, 4 * 16 + 10);
  EXPECT_THAT(adapted.chips[0].cellsWritten, Each(16 * 3 * 9));
}

TEST_F(RetrainingTest, adaptationLeavesCellsAlone) {
  TrainerOptions training;
  const auto adapted = adaptDigital(lowered, network.tensors, {1, 2, 3}, data,
                                    options.recipe, training);
  ASSERT_TRUE(adapted);
  std::set<std::string> changed;
  for (const auto &[name, tensor] : *adapted) {
    const auto now = tensor.as<float>(),
               then = network.tensors.at(name).as<float>();
    if (!std::equal(now.begin(), now.end(), then.begin()))
      changed.insert(name);
  }
  for (const plan::Layer &layer : lowered.layers())
    EXPECT_FALSE(changed.contains(layer.weights()));
  // Scale, bias, mean and variance of two normalisations, and one bias.
  EXPECT_EQ(changed.size(), 9u);
}

TEST_F(RetrainingTest, writesNoMoreCellsThanAllowed) {
  options.selected = {0, 1, 2};
  options.adaptationImages = 64;
  options.writes = 500;
  const Retraining once = run();
  EXPECT_THAT(once.chips[0].cellsWritten, Each(500));
  options.writeRounds = 3;
  const Retraining thrice = run();
  for (int64_t cells : thrice.chips[0].cellsWritten) {
    EXPECT_LE(cells, 500);
    EXPECT_GT(cells, 400);
  }
  // Of 2,304 + 432 + 160 cells few have changed.
  int64_t changed = 0;
  for (int l : {0, 1, 2}) {
    const std::string &name = lowered.layers(l).weights();
    std::vector<float> held(once.network.at(name).elements());
    LayerProgram(lowered.layers(l), network.tensors.at(name))
        .writeAll({options.seed, 0, 0}, held);
    const auto now = once.network.at(name).as<float>();
    for (size_t i = 0; i < held.size(); ++i)
      changed += held[i] != now[i];
  }
  EXPECT_LE(changed, 500);
  EXPECT_GT(changed, 450);
}

TEST_F(RetrainingTest, retrainsTheWorstLayersAgain) {
  options.selected = {0, 1, 2};
  const Retraining once = run();
  options.rounds = 2;
  const Retraining twice = run();
  // Two of the three layers once more.
  const int64_t all = 432 + 2304 + 160;
  for (int64_t cells : twice.chips[0].cellsWritten) {
    EXPECT_LT(cells, 2 * all);
    EXPECT_GE(cells, all + 432 + 160);
  }
  EXPECT_THAT(once.chips[0].cellsWritten, Each(all));
  EXPECT_EQ(once.chips[0].retrained, twice.chips[0].retrained);
  EXPECT_NE(once.chips[0].rewritten, twice.chips[0].rewritten);
}

TEST_F(RetrainingTest, countsAllImages) {
  std::atomic<int64_t> done = 0, spared = 0;
  options.imagesDone = &done;
  options.imagesSpared = &spared;
  auto expectAll = [&](const char *what) {
    done = spared = 0;
    run();
    EXPECT_EQ(done.load() + spared.load(), allImages()) << what;
  };
  options.selected = {0, 1, 2};
  options.rounds = 2;
  options.recalibrationImages = 64;
  expectAll("rounds");
  EXPECT_EQ(spared, 0);
  options.rounds = 1;
  options.recipe.holdBack = 0.3;
  options.adaptationImages = 1000; // more than there are
  options.writes = 500;
  expectAll("images held back");
  EXPECT_EQ(spared, 0);
  // Of 30 images held back, accuracy cannot rise in each of 40 epochs.
  options.recipe.epochs = 40;
  options.recipe.patience = 1;
  expectAll("patience");
  EXPECT_GT(spared, 0);
}

TEST_F(RetrainingTest, goesOnWithTheSameBits) {
  options.selected = {0, 1, 2};
  options.recipe.epochs = 2;
  options.adaptationImages = 64;
  options.writes = 500;
  const Retraining whole = run();
  // Stopped again and again, within epochs and between rewrites: a chip is 64
  // images to choose cells by, 200 of training, 64 of adapting after each of
  // two rewrites, and 200 of testing, but a run stops soon after 250.
  options.keep = [&](const Checkpoint &state) {
    writeCheckpoint(checkpoint, "this", state);
  };
  std::atomic<int64_t> images = 0, spared = 0;
  options.imagesDone = &images;
  options.imagesSpared = &spared;
  options.stop = [&] { return images > 250; };
  Retraining rest = run();
  int stops = 0;
  std::set<int64_t> rewritesKept;
  for (; rest.stopped && stops < 20; ++stops) {
    const Checkpoint kept = readCheckpoint(checkpoint, "this");
    if (kept.progress.contains("in_work"))
      rewritesKept.insert(kept.progress.at("in_work").at("rewritten").size());
    options.kept = &kept;
    images = spared = 0;
    rest = run();
  }
  EXPECT_GE(stops, 4);
  EXPECT_EQ(images.load() + spared.load(), allImages());
  EXPECT_THAT(rewritesKept, IsSupersetOf({0, 1}));
  ASSERT_EQ(rest.chips.size(), 2u);
  EXPECT_EQ(rest.floatCorrect, whole.floatCorrect);
  for (int t : {0, 1}) {
    EXPECT_EQ(rest.chips[t].injected, whole.chips[t].injected);
    EXPECT_EQ(rest.chips[t].retrained, whole.chips[t].retrained);
    EXPECT_EQ(rest.chips[t].rewritten, whole.chips[t].rewritten);
    EXPECT_EQ(rest.chips[t].cellsWritten, whole.chips[t].cellsWritten);
    for (int e : {0, 1})
      EXPECT_EQ(rest.chips[t].epochs[e].loss, whole.chips[t].epochs[e].loss);
  }
  ASSERT_EQ(rest.network.size(), whole.network.size());
  for (const auto &[name, tensor] : whole.network) {
    const auto expected = tensor.as<float>(),
               found = rest.network.at(name).as<float>();
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), found.begin()));
  }
  // The numbers of a retraining that is done are enough to have them again.
  const Checkpoint done{readCheckpoint(checkpoint, "this").progress, {}};
  options.kept = &done;
  images = spared = 0;
  EXPECT_EQ(run().chips[1].rewritten, whole.chips[1].rewritten);
  EXPECT_EQ(images.load(), 0);
  EXPECT_EQ(spared.load(), allImages());
  const Checkpoint none{};
  options.kept = &none;
  EXPECT_THROW(run(), InputError);
}

TEST_F(RetrainingTest, keepsTheChipsBeforeOneThatDiverges) {
  options.trials = 3;
  options.keep = [&](const Checkpoint &state) {
    if (state.progress.at("chips").size() == 1) // from the next one on
      options.recipe.learningRate = {
          .schedule = LearningRate::Schedule::constant, .rate = 1e30};
  };
  const Retraining result = run();
  EXPECT_EQ(result.chips.size(), 1u);
  EXPECT_FALSE(result.stopped);
  ASSERT_TRUE(result.diverged);
  EXPECT_THAT(result.diverged->what(), HasSubstr("training diverged"));
}

TEST_F(RetrainingTest, goesOnWithItsOwnChipsOnly) {
  options.trials = options.rewrites = 1;
  Checkpoint complete;
  options.keep = [&](const Checkpoint &state) { complete = state; };
  run();
  complete.path = checkpoint;
  options.kept = &complete;
  EXPECT_EQ(run().chips.size(), 1u);
  auto resumeWith =
      [&](const std::function<void(nlohmann::ordered_json &)> &change) {
        Checkpoint changed = complete;
        change(changed.progress.at("chips"));
        options.kept = &changed;
        run();
      };
  const auto isRefused =
      ThrowsMessage<InputError>(HasSubstr(checkpoint + "' holds other chips"));
  EXPECT_THAT(
      [&] { resumeWith([](auto &chips) { chips.push_back(chips[0]); }); },
      isRefused);
  EXPECT_THAT(
      [&] {
        resumeWith([](auto &chips) { chips[0]["rewritten"].push_back(1); });
      },
      isRefused);
  EXPECT_THAT(
      [&] {
        resumeWith([](auto &chips) { chips[0]["cells_written"].clear(); });
      },
      isRefused);
}

/// Whatever is retrained, the chips were the same before.
TEST_F(RetrainingTest, testsChipsThatWereWrittenOnce) {
  CountsBefore before;
  options.before = &before;
  const Retraining first = run();
  options.selected = {2};
  std::atomic<int64_t> done = 0, spared = 0;
  options.imagesDone = &done;
  options.imagesSpared = &spared;
  const Retraining second = run();
  EXPECT_EQ(spared, 3 * test.images()); // without errors, and two chips
  EXPECT_EQ(done + spared, allImages());
  options.before = nullptr;
  const Retraining alone = run();
  EXPECT_EQ(second.floatCorrect, alone.floatCorrect);
  for (int t : {0, 1}) {
    EXPECT_EQ(first.chips[t].injected, alone.chips[t].injected);
    EXPECT_EQ(second.chips[t].injected, alone.chips[t].injected);
    EXPECT_EQ(second.chips[t].rewritten, alone.chips[t].rewritten);
  }
}

TEST_F(RetrainingTest, keepsNoNetworkThatIsNotWanted) {
  const Retraining whole = run();
  EXPECT_FALSE(whole.network.empty());
  options.wantsNetwork = false;
  Checkpoint kept;
  options.keep = [&](const Checkpoint &state) { kept = state; };
  const Retraining result = run();
  EXPECT_TRUE(result.network.empty());
  EXPECT_TRUE(kept.tensors.empty()); // no chip is in work any more
  ASSERT_EQ(result.chips.size(), 2u);
  EXPECT_EQ(result.chips[1].rewritten, whole.chips[1].rewritten);
}

TEST_F(RetrainingTest, canTrainUnderNoise) {
  const Retraining plain = run();
  options.inject = 1;
  options.recalibrationImages = 64;
  const Retraining noisy = run();
  ASSERT_EQ(noisy.chips.size(), 2u);
  EXPECT_NE(noisy.chips[0].epochs[0].loss, plain.chips[0].epochs[0].loss);
}

TEST_F(RetrainingTest, injectsAsMuchOfEveryErrorAsIsAsked) {
  for (plan::Layer &layer : *lowered.mutable_layers()) {
    layer.clear_noise();
    layer.mutable_faults()->set_low(0.2);
  }
  options.trials = options.rewrites = 1;
  auto lossWith = [&](double inject) {
    options.inject = inject;
    return run().chips[0].epochs[0].loss;
  };
  const double none = lossWith(0), little = lossWith(1e-4), all = lossWith(1);
  EXPECT_LT(100 * std::abs(little - none), std::abs(all - none));
}

TEST_F(RetrainingTest, recalibratesOnImagesThatAreTrainedOn) {
  options.recalibrationImages = 64;
  options.recipe.holdBack = 0.98;
  EXPECT_EQ(run().chips.size(), 2u);
  // One is left, which is too few: those held back do not help.
  options.recipe.holdBack = 0.99;
  EXPECT_THAT([&] { run(); },
              ThrowsMessage<InputError>(HasSubstr("at least 2 images")));
}

/// Of what no chip would survive, one learns before the first is trained.
TEST_F(RetrainingTest, refusesAtOnceWhatComesAfterTraining) {
  /// A sigmoid, which nothing is trained through, behind a bias.
  class Other : public Network {
  public:
    explicit Other(bool normalises) : Network(2) {
      uint32_t a = convWithBias(input({1, 3, 32, 32}), 16);
      a = pool("max_pool", same("sigmoid", {a}));
      if (normalises)
        a = batchNorm(a);
      a = step("global_average_pool", {a}, {1, 16, 1, 1}, plan::ROW_MAJOR);
      output(gemm(flatten(a), 10));
    }
  };
  std::atomic<int64_t> done = 0;
  options.imagesDone = &done;
  auto refuses = [&](const Other &other, const char *message) {
    EXPECT_THAT(
        [&] {
          retrain(other.plan, other.tensors, data, test, {0, test.images()},
                  options);
        },
        ThrowsMessage<InputError>(HasSubstr(message)));
    EXPECT_EQ(done, 0);
  };
  options.adaptationImages = 64;
  refuses(Other(true), "--adapt: node");
  options.adaptationImages = 0;
  options.recalibrationImages = 64;
  refuses(Other(false),
          "--recalibrate-batch-norm: the network has no batch normalisation");
}

} // namespace
