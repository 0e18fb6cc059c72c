/* SPDX-License-Identifier: Apache-2.0 */
/* YuNet on OpenCV's dnn module; no exception leaves this file. */
#include <cerrno>
#include <new>
#include <string>
#include <vector>

#include <opencv2/core/ocl.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include "opencv.h"
#include "postern/detector.h"

#include "faces.h"

namespace
{

constexpr uint32_t MULTIPLE = 32;
constexpr uint32_t SIDE_MAX = 4096; // px
constexpr uint32_t WARM_WIDTH = 640;
constexpr uint32_t WARM_HEIGHT = 384;
constexpr uint32_t STRIDES[] = {8, 16, 32};
constexpr size_t LAYOUTS = 2;	   // whole pictures, and parts of them
constexpr uint32_t PART_SIDE = 96; // px, as the worker shows them

/* One size of picture: a net that is laid out for another one has to be laid out anew, which takes
 * longer than a small picture itself. */
struct layout {
	cv::dnn::Net net;
	uint32_t width = 0; // px, of the picture it saw last
	uint32_t height = 0;
	uint64_t used = 0; // when, in pictures
};

struct net_state {
	layout layouts[LAYOUTS];
	uint64_t pictures = 0;
	cv::Mat blob;
	std::vector<cv::String> names; // cls, obj, bbox, kps of stride 8, then of 16, then of 32
	std::vector<cv::Mat> outputs;
	std::vector<pst_face> faces;
	float score;
	float overlap;
	int threads;
};

struct yunet {
	const pst_host *host;
	net_state *state;
};

int failed(const pst_host *host, const char *what)
{
	host->log(host, PST_LOG_ERROR, what);
	return PST_E_PLUGIN;
}

void fill_blob(const pst_image &image, cv::Mat &blob)
{
	const int shape[] = {1, 3, (int)image.height, (int)image.width};
	const size_t plane = (size_t)image.width * image.height;

	blob.create(4, shape, CV_32F);
	float *blue = blob.ptr<float>();
	float *green = blue + plane;
	float *red = green + plane;
	for (uint32_t y = 0; y < image.height; y++) {
		const uint8_t *row = image.pixels + (size_t)y * image.stride;
		const size_t start = (size_t)y * image.width;

		for (uint32_t x = 0; x < image.width; x++, row += 3) {
			blue[start + x] = row[0];
			green[start + x] = row[1];
			red[start + x] = row[2];
		}
	}
}

/* The net's outputs for one picture as stride_outputs, or an error when they have other shapes. */
int check_outputs(const net_state &state, const pst_image &image, size_t at, stride_outputs &o)
{
	static const size_t per_cell[] = {1, 1, 4, 10};
	const cv::Mat *outputs = &state.outputs[at * 4];

	o.stride = STRIDES[at];
	o.columns = image.width / o.stride;
	o.rows = image.height / o.stride;
	for (size_t i = 0; i < 4; i++) {
		if (outputs[i].type() != CV_32F || !outputs[i].isContinuous() ||
			outputs[i].total() != per_cell[i] * o.columns * o.rows) {
			return PST_E_PLUGIN;
		}
	}
	o.cls = outputs[0].ptr<float>();
	o.obj = outputs[1].ptr<float>();
	o.box = outputs[2].ptr<float>();
	o.kps = outputs[3].ptr<float>();
	return 0;
}

/* The net that saw such a picture last, or else the one that was not used for longest. */
layout &lay_out(net_state &state, const pst_image &image)
{
	layout *chosen = &state.layouts[0];

	for (layout &one : state.layouts) {
		if (one.width == image.width && one.height == image.height) {
			chosen = &one;
			break;
		}
		if (one.used < chosen->used) {
			chosen = &one;
		}
	}
	chosen->width = image.width;
	chosen->height = image.height;
	chosen->used = ++state.pictures;
	return *chosen;
}

int detect(net_state &state, const pst_image &image)
{
	if (cv::getNumThreads() != state.threads) {
		cv::setNumThreads(state.threads);
	}
	fill_blob(image, state.blob);
	cv::dnn::Net &net = lay_out(state, image).net;
	net.setInput(state.blob);
	net.forward(state.outputs, state.names);
	if (state.outputs.size() != state.names.size()) {
		return PST_E_PLUGIN;
	}
	state.faces.clear();
	for (size_t i = 0; i < 3; i++) {
		stride_outputs outputs;
		int status = check_outputs(state, image, i, outputs);

		if (status < 0) {
			return status;
		}
		decode_faces(outputs, state.score, state.faces);
	}
	suppress_faces(state.overlap, state.faces);
	return 0;
}

int read_options(const pst_host *host, net_state &state)
{
	double score = 0, overlap = 0;
	int64_t threads = 0;
	int status = host->option_float(host, "score", &score);

	if (status == 0) {
		status = host->option_float(host, "overlap", &overlap);
	}
	if (status == 0) {
		status = host->option_int(host, "threads", &threads);
	}
	state.score = (float)score;
	state.overlap = (float)overlap;
	state.threads = (int)threads;
	if (status == 0) {
		start_threads(state.threads);
	}
	return status;
}

int warm_up(net_state &state, uint32_t width, uint32_t height)
{
	std::vector<uint8_t> pixels((size_t)width * height * 3);
	pst_image image = {};

	image.size = sizeof(image);
	image.format = PST_PIXELS_BGR24;
	image.width = width;
	image.height = height;
	image.stride = width * 3;
	image.pixels = pixels.data();
	return detect(state, image);
}

int load(const pst_host *host, net_state &state)
{
	const char *path = host->model_path(host);
	int status = read_options(host, state);

	if (status < 0 || !path) {
		return status < 0 ? status : PST_E_CONFIG;
	}
	cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
	cv::ocl::setUseOpenCL(false);
	for (layout &one : state.layouts) {
		one.net = cv::dnn::readNetFromONNX(path);
		one.net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
		one.net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
	}
	for (uint32_t stride : STRIDES) {
		for (const char *name : {"cls_", "obj_", "bbox_", "kps_"}) {
			state.names.push_back(name + std::to_string(stride));
		}
	}
	status = warm_up(state, WARM_WIDTH, WARM_HEIGHT);
	return status < 0 ? status : warm_up(state, PART_SIDE, PART_SIDE);
}

int yunet_init(void *instance, const pst_host *host)
{
	yunet *self = static_cast<yunet *>(instance);
	net_state *state = nullptr;
	int status;

	try {
		state = new net_state();
		status = load(host, *state);
	} catch (const std::bad_alloc &) {
		status = -ENOMEM;
	} catch (const cv::Exception &) {
		host->log(host, PST_LOG_ERROR, "the model is not a YuNet net that OpenCV can read");
		status = PST_E_CONFIG;
	} catch (...) {
		status = failed(host, "loading the model failed");
	}
	if (status < 0) {
		delete state;
		return status;
	}
	self->host = host;
	self->state = state;
	return 0;
}

void yunet_finish(void *instance)
{
	yunet *self = static_cast<yunet *>(instance);

	delete self->state;
	self->state = nullptr;
}

int yunet_detect(void *instance, const pst_image *image, pst_face *faces, uint32_t cap)
{
	yunet *self = static_cast<yunet *>(instance);

	if (image->format != PST_PIXELS_BGR24 || image->width == 0 || image->height == 0 ||
		image->width % MULTIPLE != 0 || image->height % MULTIPLE != 0 ||
		image->width > SIDE_MAX || image->height > SIDE_MAX) {
		return PST_E_FORMAT;
	}
	try {
		int status = detect(*self->state, *image);

		if (status < 0) {
			return failed(self->host, "the net's outputs have unexpected shapes");
		}
		const std::vector<pst_face> &found = self->state->faces;
		uint32_t count = found.size() < cap ? (uint32_t)found.size() : cap;

		for (uint32_t i = 0; i < count; i++) {
			faces[i] = found[i];
		}
		return (int)count;
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (...) {
		return failed(self->host, "the net failed on a picture");
	}
}

const pst_detector calls = {sizeof(pst_detector), 0, yunet_detect};

} // namespace

extern "C" {
PST_EXPORT extern const pst_plugin_entry pst_plugin_entry;
const struct pst_plugin_entry pst_plugin_entry = {
	sizeof(struct pst_plugin_entry),
	PST_ABI_MAJOR,
	PST_ABI_MINOR,
	PST_PLUGIN_DETECTOR,
	0,
	"yunet",
	"1.0.0",
	sizeof(yunet),
	yunet_init,
	yunet_finish,
	&calls,
};
}
