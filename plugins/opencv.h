/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PLUGINS_OPENCV_H
#define PST_PLUGINS_OPENCV_H

#include <atomic>
#include <chrono>
#include <opencv2/core/utility.hpp>
#include <thread>

/*
 * Has OpenCV start its threads now: its pool makes them when it finds work for them, and once the
 * worker is sealed none can be made. Each waits until all are there, or until no more come, since
 * the pool keeps to the processors that there are.
 */
inline void start_threads(int count)
{
	using clock = std::chrono::steady_clock;
	const auto patience = std::chrono::milliseconds(50);
	std::atomic<int> here{0};
	std::atomic<clock::rep> until{(clock::now() + patience).time_since_epoch().count()};

	cv::setNumThreads(count);
	if (count < 2) {
		return;
	}
	cv::parallel_for_(
		cv::Range(0, count),
		[&](const cv::Range &range) {
			here += range.size();
			until = (clock::now() + patience).time_since_epoch().count();
			while (here < count && clock::now().time_since_epoch().count() < until) {
				std::this_thread::yield();
			}
		},
		count);
}

#endif
