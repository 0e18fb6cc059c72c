/* SPDX-License-Identifier: Apache-2.0 */
/* Frontal faces by OpenCV's boosted cascades; no exception leaves this file. */
#include <algorithm>
#include <cerrno>
#include <new>
#include <vector>

#include <opencv2/core/ocl.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/objdetect.hpp>

#include "opencv.h"
#include "postern/detector.h"

namespace
{

constexpr uint32_t WARM_SIDE = 96; // px
constexpr float HALF_SURE = 4; // joined windows at which the score is 0.5

// A cascade finds no landmarks: these are the mean ones, in parts of its box, measured on drawn
// faces (they lie within 0.03 of them in 2 of 3 faces).
constexpr pst_point LANDMARKS[PST_LANDMARK_COUNT] = {
	{0.30f, 0.41f}, {0.70f, 0.41f}, {0.50f, 0.64f}, {0.335f, 0.865f}, {0.665f, 0.865f}};

struct search {
	cv::CascadeClassifier cascade;
	std::vector<cv::Rect> boxes;
	std::vector<int> counts; // windows joined into each box
	std::vector<pst_face> faces;
	double step;
	double least; // of the picture's shorter side
	int neighbours;
	int threads;
};

struct cascade {
	const pst_host *host;
	search *state;
};

int failed(const pst_host *host, const char *what)
{
	host->log(host, PST_LOG_ERROR, what);
	return PST_E_PLUGIN;
}

void detect(search &state, const pst_image &image)
{
	const cv::Mat grey((int)image.height, (int)image.width, CV_8UC1,
		const_cast<uint8_t *>(image.pixels), image.stride);
	const int least = (int)(state.least * std::min(image.width, image.height));

	if (cv::getNumThreads() != state.threads) {
		cv::setNumThreads(state.threads);
	}
	state.cascade.detectMultiScale(grey, state.boxes, state.counts, state.step,
		state.neighbours, 0, cv::Size(least, least));
}

/* Writes the faces that were found, best first. */
uint32_t deliver(search &state, pst_face *faces, uint32_t cap)
{
	state.faces.clear();
	for (size_t i = 0; i < state.boxes.size(); i++) {
		const cv::Rect &box = state.boxes[i];
		const float joined = (float)state.counts[i];
		pst_face face = {};

		face.x = (float)box.x;
		face.y = (float)box.y;
		face.width = (float)box.width;
		face.height = (float)box.height;
		face.score = joined / (joined + HALF_SURE);
		face.has_landmarks = 1;
		for (int k = 0; k < PST_LANDMARK_COUNT; k++) {
			face.landmarks[k].x = face.x + LANDMARKS[k].x * face.width;
			face.landmarks[k].y = face.y + LANDMARKS[k].y * face.height;
		}
		state.faces.push_back(face);
	}
	std::sort(state.faces.begin(), state.faces.end(), [](const pst_face &a, const pst_face &b) {
		if (a.score != b.score) {
			return a.score > b.score;
		}
		return a.width != b.width ? a.width > b.width : a.x < b.x;
	});
	const uint32_t count = std::min(cap, (uint32_t)state.faces.size());

	std::copy_n(state.faces.begin(), count, faces);
	return count;
}

// The first search looks up what the machine has; after init no file may be opened for that.
void warm_up(search &state)
{
	static const uint8_t black[WARM_SIDE * WARM_SIDE] = {0};
	pst_image image = {};

	image.size = sizeof(image);
	image.format = PST_PIXELS_GREY8;
	image.width = WARM_SIDE;
	image.height = WARM_SIDE;
	image.stride = WARM_SIDE;
	image.pixels = black;
	detect(state, image);
}

int load(const pst_host *host, search &state)
{
	const char *path = host->model_path(host);
	int64_t neighbours = 0, threads = 0;
	int status = host->option_float(host, "step", &state.step);

	if (status == 0) {
		status = host->option_float(host, "least", &state.least);
	}
	if (status == 0) {
		status = host->option_int(host, "neighbours", &neighbours);
	}
	if (status == 0) {
		status = host->option_int(host, "threads", &threads);
	}
	if (status < 0 || !path) {
		return status < 0 ? status : PST_E_CONFIG;
	}
	state.neighbours = (int)neighbours;
	state.threads = (int)threads;
	start_threads(state.threads);
	cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
	cv::ocl::setUseOpenCL(false);
	if (!state.cascade.load(path)) {
		host->log(host, PST_LOG_ERROR, "the model is not a cascade that OpenCV can read");
		return PST_E_CONFIG;
	}
	warm_up(state);
	return 0;
}

int cascade_init(void *instance, const pst_host *host)
{
	cascade *self = static_cast<cascade *>(instance);
	search *state = nullptr;
	int status;

	try {
		state = new search();
		status = load(host, *state);
	} catch (const std::bad_alloc &) {
		status = -ENOMEM;
	} catch (const cv::Exception &) {
		host->log(host, PST_LOG_ERROR, "the model is not a cascade that OpenCV can read");
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

void cascade_finish(void *instance)
{
	cascade *self = static_cast<cascade *>(instance);

	delete self->state;
	self->state = nullptr;
}

int cascade_detect(void *instance, const pst_image *image, pst_face *faces, uint32_t cap)
{
	cascade *self = static_cast<cascade *>(instance);

	if (image->format != PST_PIXELS_GREY8 || image->width == 0 || image->height == 0 ||
		image->stride < image->width) {
		return PST_E_FORMAT;
	}
	try {
		detect(*self->state, *image);
		return (int)deliver(*self->state, faces, cap);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (...) {
		return failed(self->host, "the cascade failed on a picture");
	}
}

const pst_detector calls = {sizeof(pst_detector), 0, cascade_detect};

} // namespace

extern "C" {
PST_EXPORT extern const pst_plugin_entry pst_plugin_entry;
const struct pst_plugin_entry pst_plugin_entry = {
	sizeof(struct pst_plugin_entry),
	PST_ABI_MAJOR,
	PST_ABI_MINOR,
	PST_PLUGIN_DETECTOR,
	0,
	"cascade",
	"1.0.0",
	sizeof(cascade),
	cascade_init,
	cascade_finish,
	&calls,
};
}
