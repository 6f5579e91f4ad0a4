# SPDX-License-Identifier: GPL-3.0-or-later
# The reference firmware's own build. Its images are kept in git: building the rig needs none of it.

$(BUILD)/tools/seal-module: $(BUILD)/tools/seal-module.o $(LIBS)
	$(call say,LD)$(CC) $(LDOPT_$(MODE)) -o $@ $< $(LIBS) $(LDLIBS_ALL)

reference: $(BUILD)/tools/seal-module ## build the reference firmware into build/reference
	@tools/deps reference
	@tools/build-reference $< build/reference

reference-check: $(BUILD)/tools/seal-module ## build it and compare with the images in git
	@tools/deps reference
	@tools/build-reference $< build/reference --check

reference-keep: $(BUILD)/tools/seal-module ## build it and put images and manifests into the tree
	@tools/deps reference
	@tools/build-reference $< build/reference --keep

.PHONY: reference reference-check reference-keep
