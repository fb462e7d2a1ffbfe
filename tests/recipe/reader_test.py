"""The recipe's own forward pass of the decoder against transformers', and where it teaches to look.

usage: reader_test.py RECIPE_DIR      exit 77: Python modules are missing
"""

import pathlib
import random
import sys
import tempfile
import unittest

RECIPE = pathlib.Path()


class Reader(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import model
        import questions
        import reader
        import tokenizer
        import torch
        from scenes import Composer, Scene, Thing
        import numpy as np
        cls.reader, cls.torch, cls.model_file = reader, torch, model
        torch.manual_seed(3)
        names, categories = ["dog", "fire truck", "leaf"], ["animal", "vehicle", "plant"]
        nothing = np.zeros(0)
        things = [Thing("dog", 0, (14, 28, 70, 84)), Thing("fire truck", 1, (200, 200, 300, 300), colour="red"),
                  Thing("dog", 0, (100, 200, 150, 250)), Thing("sign", -1, (200, 20, 320, 60), colour="blue", text="STOP")]
        scene = Scene(np.zeros((336, 1, 3), np.uint8), things, *[nothing] * 7)
        cls.questions = questions.Asker(scene, names, categories, random.Random(1)).several(40, questions.MIXTURE)
        lines = [q.text + " " + q.answer for q in cls.questions] + names
        corpus = [" ".join(w for w in line.split() if not w.strip("?.,").isupper()) for line in lines]  # signs are spelt
        with tempfile.TemporaryDirectory() as folder:
            cls.tokenizer = tokenizer.build(corpus * 20, pathlib.Path(folder) / "tokenizer.json")
        cls.names = names
        shape = model.Shape(vision_width=32, vision_layers=10, vision_heads=2, text_width=64, text_layers=5, text_heads=2, text_inner=96)
        cls.model = model.build(shape, cls.tokenizer.token_to_id(tokenizer.IMAGE), cls.tokenizer.token_to_id(tokenizer.PAD)).eval()

    def test_logits_are_those_of_transformers_for_each_question_alone(self):
        torch, reader, model = self.torch, self.reader, self.model
        features = torch.randn(1, 144, 32)
        packed = reader.pack(self.tokenizer, [self.questions])
        with torch.no_grad():
            done = reader.run(model, self.tokenizer, features, packed)
            embed = model.model.language_model.get_input_embeddings()
            start = 0
            for question in self.questions:
                asked = reader.question_ids(self.tokenizer, question.text)
                answer = reader.answer_ids(self.tokenizer, question.answer)
                before, after = (embed(torch.tensor([ids])) for ids in (reader.prefix_ids(self.tokenizer), asked + answer))
                inputs = torch.cat([before, model.model.multi_modal_projector(features), after], 1)
                hidden = model.model.language_model(inputs_embeds=inputs, use_cache=False).last_hidden_state
                expected = model.lm_head(hidden)[0, -len(answer) - 1:-1]
                self.assertEqual(done.wanted[start:start + len(answer)].tolist(), answer)
                torch.testing.assert_close(done.logits[start:start + len(answer)], expected, rtol=2e-4, atol=2e-4)
                start += len(answer)
        self.assertEqual(start, len(done.wanted))

    def test_a_quarter_of_the_tokens_is_one_of_every_block(self):
        kept = self.reader.kept_tokens(3, 144, self.torch.Generator().manual_seed(1))
        grid = self.model_file.GRID
        for row in kept.tolist():
            self.assertEqual(row, sorted(row))
            self.assertEqual(len({(place // grid // 2, place % grid // 2) for place in row}), 144)

    def test_looks_name_the_thing_before_they_say_it(self):
        packed = self.reader.pack(self.tokenizer, [self.questions], len(self.names))
        text = [self.tokenizer.decode([token]) for token in packed.ids[0].tolist()]
        looks = packed.looks
        spelt = []
        self.assertGreater(len(looks.at), 10)
        for (row, column), (label, place, answering), facts in zip(looks.at.tolist(), looks.what.tolist(), looks.facts.tolist()):
            self.assertEqual(row, 0)
            if place:
                self.assertEqual(label, len(self.names))
                spelt.append((place, text[column + 1]))
            elif answering:
                self.assertNotEqual(packed.wanted[0, column], -100, "what looks for a name predicts it")
            elif label < len(self.names):
                shown = {0: 2, 1: 1, 2: 0}[label]
                self.assertEqual(facts[0], shown)
                word = {0: "dog", 1: "truck", 2: "lea"}[label]
                self.assertIn(word, "".join(text[max(0, column - 12):column + 1]))
        self.assertTrue(spelt)
        self.assertTrue(all("STOP"[place - 1] == letter.strip() for place, letter in spelt), spelt)

    def test_the_opened_projector_loses_nothing(self):
        torch, reader = self.torch, self.reader
        generator = torch.Generator().manual_seed(5)
        label = torch.randint(3, (4, 576), generator=generator)
        classes = torch.randn(3, 32, generator=generator) * 4
        features = classes[label] * torch.tensor([5.0] * 8 + [1.0] * 24) + torch.randn(4, 576, 32, generator=generator) + 20
        rows = features.flatten(0, 1)
        evidence = torch.nn.functional.one_hot(label.flatten(), 3).float()
        sample = self.model_file.Readings(rows, evidence, rows[:, :6], rows[:, 6:10])
        ids = [self.tokenizer.encode(name, add_special_tokens=False).ids[-1] for name in self.names]
        self.assertEqual(len(set(ids)), 3)
        guide = reader.Guide(64, 32)
        guide.open(self.model, sample, torch.tensor([(i, i) for i in ids]))
        with torch.no_grad():
            seen = self.model.model.multi_modal_projector(rows)
            back = guide.back(seen)
            wanted = (rows - guide.mean) / guide.scale
        self.assertLess((back - wanted).square().mean() / wanted.square().mean(), 0.03)
        self.model_file.initialise_reader(self.model)


def main():
    global RECIPE
    RECIPE = pathlib.Path(sys.argv.pop(1))
    for module in ("cv2", "numpy", "PIL", "safetensors", "tokenizers", "torch", "transformers"):
        try:
            __import__(module)
        except ImportError:
            print(f"skipped: this Python has no {module}")
            sys.exit(77)
    sys.path.insert(0, str(RECIPE))
    unittest.main()


if __name__ == "__main__":
    main()
