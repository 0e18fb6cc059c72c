/* SPDX-License-Identifier: Apache-2.0 */
/* Embeddings of 112x112 five-point face nets on OpenCV's dnn module; no exception leaves this
 * file. */
#include <cerrno>
#include <cmath>
#include <cstring>
#include <new>

#include <opencv2/core/ocl.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include "opencv.h"
#include "postern/extractor.h"

namespace
{

constexpr uint32_t SIDE = 112; // px
constexpr size_t DIMENSION = 128;

struct net_state {
	cv::dnn::Net net;
	cv::Mat blob;
	cv::Mat output;
	float table[256]; // pixel value to the net's input
	bool is_bgr;
	int threads;
};

struct arcface {
	const pst_host *host;
	net_state *state;
};

int failed(const pst_host *host, const char *what)
{
	host->log(host, PST_LOG_ERROR, what);
	return PST_E_PLUGIN;
}

void fill_blob(net_state &state, const pst_image &chip)
{
	constexpr size_t plane = (size_t)SIDE * SIDE;
	float *first = state.blob.ptr<float>();
	float *red = state.is_bgr ? first + 2 * plane : first;
	float *green = first + plane;
	float *blue = state.is_bgr ? first : first + 2 * plane;

	for (uint32_t y = 0; y < SIDE; y++) {
		const uint8_t *row = chip.pixels + (size_t)y * chip.stride;

		for (uint32_t x = 0; x < SIDE; x++, row += 3) {
			*red++ = state.table[row[0]];
			*green++ = state.table[row[1]];
			*blue++ = state.table[row[2]];
		}
	}
}

/* Runs the net: state.output then holds one embedding, not yet of unit length. */
int embed(net_state &state, const pst_image &chip)
{
	if (cv::getNumThreads() != state.threads) {
		cv::setNumThreads(state.threads);
	}
	fill_blob(state, chip);
	state.net.setInput(state.blob);
	state.output = state.net.forward();
	if (state.output.type() != CV_32F || !state.output.isContinuous() ||
		state.output.total() != DIMENSION) {
		return PST_E_CONFIG;
	}
	return 0;
}

int read_options(const pst_host *host, net_state &state)
{
	double mean = 0, scale = 1;
	int64_t threads = 0;
	const char *channels = "";
	int status = host->option_text(host, "channels", &channels);

	if (status == 0) {
		status = host->option_float(host, "mean", &mean);
	}
	if (status == 0) {
		status = host->option_float(host, "scale", &scale);
	}
	if (status == 0) {
		status = host->option_int(host, "threads", &threads);
	}
	if (status < 0) {
		return status;
	}
	if (std::strcmp(channels, "rgb") != 0 && std::strcmp(channels, "bgr") != 0) {
		host->log(host, PST_LOG_ERROR, "option channels: rgb or bgr");
		return PST_E_CONFIG;
	}
	state.is_bgr = channels[0] == 'b';
	state.threads = (int)threads;
	start_threads(state.threads);
	for (int i = 0; i < 256; i++) {
		state.table[i] = (float)((i - mean) / scale);
	}
	return 0;
}

int load(const pst_host *host, net_state &state)
{
	static const uint8_t black[SIDE * SIDE * 3] = {0};
	const int shape[] = {1, 3, (int)SIDE, (int)SIDE};
	const char *path = host->model_path(host);
	pst_image chip = {};
	int status = read_options(host, state);

	if (status < 0 || !path) {
		return status < 0 ? status : PST_E_CONFIG;
	}
	cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
	cv::ocl::setUseOpenCL(false);
	state.net = cv::dnn::readNetFromONNX(path);
	state.net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
	state.net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
	state.blob.create(4, shape, CV_32F);
	chip.size = sizeof(chip);
	chip.format = PST_PIXELS_RGB24;
	chip.width = SIDE;
	chip.height = SIDE;
	chip.stride = SIDE * 3;
	chip.pixels = black;
	status = embed(state, chip);
	if (status == PST_E_CONFIG) {
		host->log(host, PST_LOG_ERROR, "the model does not give 128 floats");
	}
	return status;
}

int arcface_init(void *instance, const pst_host *host)
{
	arcface *self = static_cast<arcface *>(instance);
	net_state *state = nullptr;
	int status;

	try {
		state = new net_state();
		status = load(host, *state);
	} catch (const std::bad_alloc &) {
		status = -ENOMEM;
	} catch (const cv::Exception &) {
		host->log(host, PST_LOG_ERROR,
			"the model is not a net of 112x112 faces that OpenCV can read");
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

void arcface_finish(void *instance)
{
	arcface *self = static_cast<arcface *>(instance);

	delete self->state;
	self->state = nullptr;
}

/* Writes the embedding at unit length, and wipes the net's copy. */
int deliver(const pst_host *host, cv::Mat &output, uint8_t *ret_template)
{
	float *values = output.ptr<float>();
	double sum = 0;

	for (size_t i = 0; i < DIMENSION; i++) {
		sum += (double)values[i] * (double)values[i];
	}
	if (!std::isfinite(sum) || !(sum > 0)) {
		return failed(host, "the net gave an embedding without direction");
	}
	const double norm = std::sqrt(sum);
	for (size_t i = 0; i < DIMENSION; i++) {
		float value = (float)(values[i] / norm);

		std::memcpy(ret_template + i * sizeof(value), &value, sizeof(value));
	}
	explicit_bzero(values, DIMENSION * sizeof(*values));
	return (int)(DIMENSION * sizeof(float));
}

int arcface_extract(void *instance, const pst_image *chip, const pst_face *face, uint32_t role,
	uint8_t *ret_template, uint32_t cap)
{
	arcface *self = static_cast<arcface *>(instance);

	(void)face;
	(void)role;
	if (chip->format != PST_PIXELS_RGB24 || chip->width != SIDE || chip->height != SIDE ||
		cap < DIMENSION * sizeof(float)) {
		return PST_E_FORMAT;
	}
	try {
		int status = embed(*self->state, *chip);

		if (status < 0) {
			return failed(self->host, "the net's output has an unexpected shape");
		}
		return deliver(self->host, self->state->output, ret_template);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (...) {
		return failed(self->host, "the net failed on a face");
	}
}

const pst_extractor calls = {sizeof(pst_extractor), 0, arcface_extract};

} // namespace

extern "C" {
PST_EXPORT extern const pst_plugin_entry pst_plugin_entry;
const struct pst_plugin_entry pst_plugin_entry = {
	sizeof(struct pst_plugin_entry),
	PST_ABI_MAJOR,
	PST_ABI_MINOR,
	PST_PLUGIN_EXTRACTOR,
	0,
	"arcface",
	"1.0.0",
	sizeof(arcface),
	arcface_init,
	arcface_finish,
	&calls,
};
}
